import { createHmac, type KeyObject, verify } from 'node:crypto';
import type { SigningKey } from '../../config/signing-key.ts';
import { isSame } from './secrets.ts';

/** The three headers of Standard Webhooks, as they came. */
export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

/** More signatures than this are not looked at: two keys of each kind need four, and each one costs. */
const MOST_SIGNATURES = 8;

const ED25519_SIGNATURE_BYTES = 64;

/** Whether these headers could belong to a signature that holds now: what is malformed or stale needs no body. */
export function mayBeSigned({ id, timestamp }: SignedHeaders, now: number, toleranceMs: number): boolean {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id) || !/^\d{1,10}$/.test(timestamp)) return false;
  return Math.abs(now - Number(timestamp) * 1000) <= toleranceMs;
}

/**
 * Verifies Standard Webhooks signatures over the raw bytes `id.timestamp.body`
 * (https://github.com/standard-webhooks/standard-webhooks, "Signature scheme"): v1 with the shared keys, v1a with
 * the public ones; one that holds suffices. The id and the timestamp admit no full stop, so no two messages have
 * the same signed bytes. `now` and `toleranceMs` are milliseconds; the tolerance counts to both sides.
 */
export function isSigned(
  headers: SignedHeaders,
  body: Uint8Array,
  keys: readonly SigningKey[],
  now: number,
  toleranceMs: number,
): boolean {
  const { id, timestamp, signature } = headers;
  if (!mayBeSigned(headers, now, toleranceMs)) return false;
  const signatures = signature.split(' ', MOST_SIGNATURES + 1);
  if (signatures.length > MOST_SIGNATURES) return false;

  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const shared = signatures.filter((one) => one.startsWith('v1,')).map((one) => one.slice(3));
  const asymmetric = signatures.filter((one) => one.startsWith('v1a,')).map((one) => one.slice(4));
  return keys.some(({ kind, key }) =>
    kind === 'hmac' ? isHmac(content, key, shared) : asymmetric.some((one) => isEd25519(content, key, one)),
  );
}

/** The base64 texts are compared, not the bytes: of two texts for one value only the one that was signed counts. */
function isHmac(content: Uint8Array, key: KeyObject, signatures: readonly string[]): boolean {
  if (signatures.length === 0) return false;
  const expected = createHmac('sha256', key).update(content).digest('base64');
  return signatures.filter((one) => isSame(one, expected)).length > 0;
}

function isEd25519(content: Uint8Array, key: KeyObject, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  // Buffer reads base64 leniently; only the one canonical text of a signature is that signature.
  if (bytes.length !== ED25519_SIGNATURE_BYTES || bytes.toString('base64') !== signature) return false;
  return verify(null, content, key, bytes);
}
