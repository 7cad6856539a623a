import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseCallback } from '../../../src/callbacks/parse/parse.ts';
import type { Callback, Json, Parsed } from '../../../src/domain/journal/callback.ts';

/** Where the fixtures lie. */
export const FIXTURES = new URL('../../fixtures/', import.meta.url);

/** A fixture's bytes, as the aggregator would send them. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.json`, FIXTURES)));
}

/** A fixture's fields, to be varied. */
export function fields(name: string): { [key: string]: Json } {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8'));
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function body(value: unknown): Uint8Array {
  return bytes(JSON.stringify(value));
}

/** JSON whose value at `field` is this raw text, which no JavaScript value could be. */
export function withRaw(value: object, field: string, raw: string): Uint8Array {
  return bytes(JSON.stringify({ ...value, [field]: '@@' }).replace('"@@"', raw));
}

export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** What the body means; throws the reason where it is quarantined. */
export function applied(data: Uint8Array): Callback {
  return read(data).callback;
}

/** All that is read of a body; throws the reason where it is quarantined. */
export function read(data: Uint8Array): Extract<Parsed, { ok: true }> {
  const parsed = parseCallback(data);
  if (!parsed.ok) throw new Error(`quarantined: ${parsed.fault.reason}`);
  return parsed;
}

/** Why the body is quarantined; throws where it is not. */
export function quarantined(data: Uint8Array): Extract<Parsed, { ok: false }> {
  const parsed = parseCallback(data);
  if (parsed.ok) throw new Error('applied, not quarantined');
  return parsed;
}

/** The oracle of digests: canonical JSON written the slow way. */
export function canonicalOf(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalOf).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalOf(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}
