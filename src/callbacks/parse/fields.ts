import { MAX_ID_LENGTH } from '../../domain/ids.ts';
import type { Fault, Json } from '../../domain/journal/callback.ts';
import { faultOf } from '../../domain/journal/fault.ts';

/** An object as JSON.parse made it. Its keys are the sender's: read it by `own` or `Object.entries` only. */
export type JsonObject = { readonly [key: string]: Json };

const AN_ID = `text of 1 to ${MAX_ID_LENGTH} characters or a whole number up to 2^53-1`;

const MAX_COUNT = 2 ** 31 - 1;

/**
 * The callback cannot be applied. Thrown by the readers of this folder and caught by `parseCallback` alone, so that
 * each reader states its rule and nothing else.
 */
export class FaultFound extends Error {
  override readonly name = 'FaultFound';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.reason);
    this.fault = fault;
  }
}

/** A fault to be thrown, at a JSON Pointer made of the aggregator's documented field names. */
export function faultAt(path: string, what: string): FaultFound {
  return new FaultFound(faultOf(path, what));
}

export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object's own member of that name. Null counts as absent, as everywhere in the aggregator's bodies. */
export function own(object: JsonObject, name: string): Exclude<Json, null> | undefined {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/** Whether it is a number of which JavaScript has lost digits: as an id it could name another object. */
export function isBeyondSafe(value: Json | undefined): boolean {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

/** An id as text: non-empty text of at most 256 characters or a whole number; null for anything else. */
export function readId(value: Json | undefined): string | null {
  if (typeof value === 'string') return value.length > 0 && value.length <= MAX_ID_LENGTH ? value : null;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : null;
}

/** An id without which the callback cannot be applied. */
export function requiredId(object: JsonObject, name: string): string {
  const value = own(object, name);
  const id = readId(value);
  if (id === null) throw unreadableId(`/${name}`, value);
  return id;
}

/** The fault text for a value that is no id and is left out. */
export const ID_ALLOWED = `is missing or unreadable; ${AN_ID} is allowed`;

/** Why this value is no id. */
export function unreadableId(path: string, value: Json | undefined): FaultFound {
  return faultAt(path, `${flawOfId(value)}; ${AN_ID} is allowed`);
}

function flawOfId(value: Json | undefined): string {
  if (value === undefined || value === null) return 'is missing';
  if (isBeyondSafe(value)) return 'is a number beyond 2^53-1';
  if (value === '') return 'is empty';
  if (typeof value === 'string') return 'is too long';
  return 'is neither text nor a whole number';
}

/** A count from 0 to 2^31-1 (what GraphQL's Int and Postgres's integer hold), as a number or as digits. */
export function readCount(value: Json | undefined): number | null {
  const count = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0 || count > MAX_COUNT) return null;
  // `-0` is legal JSON, and is not the same as 0 when rows are compared.
  return Math.abs(count);
}

/** A flag in any of the forms seen: a boolean, `"true"`/`"false"` in any case, 0/1 or `"0"`/`"1"`; else null. */
export function readFlag(value: Json): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  switch (String(value).trim().toLowerCase()) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return null;
  }
}
