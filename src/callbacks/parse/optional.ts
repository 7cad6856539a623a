import type { Json } from '../../domain/journal/callback.ts';
import type { FaultList } from './fault-list.ts';
import { ID_ALLOWED, isBeyondSafe, type JsonObject, own, readId, unreadableId } from './fields.ts';

/** What an optional field may hold: `read` gives null for anything else. */
export interface Readable<T> {
  readonly read: (value: Json) => T | null;
  readonly allowed: string;
}

/** A field that may be missing or empty: null then, and null with a fault where its value cannot be read. */
export function optional<T>(
  object: JsonObject,
  name: string,
  parent: string,
  { read, allowed }: Readable<T>,
  faults: FaultList,
): T | null {
  const value = own(object, name);
  if (value === undefined) return null;
  const found = read(value);
  if (found === null && value !== '') faults.add(`${parent}/${name}`, allowed);
  return found;
}

const ID: Readable<string> = { read: readId, allowed: ID_ALLOWED };

/** An id that may be missing. Where its digits were lost the callback cannot be applied: it could name another. */
export function optionalId(object: JsonObject, name: string, faults: FaultList): string | null {
  const value = own(object, name);
  if (isBeyondSafe(value)) throw unreadableId(`/${name}`, value);
  return optional(object, name, '', ID, faults);
}
