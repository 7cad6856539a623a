import type { ListPlace } from '../../db/read/page.ts';
import { isStorableText } from '../../domain/ids.ts';
import type { SubjectName } from '../../domain/subject.ts';
import { CallboardError } from '../../errors.ts';

/** Which list in which order: a cursor of another one is refused. */
export interface ListOrder {
  readonly list: `${SubjectName}s` | 'callbacks' | 'banks';
  readonly field: string;
}

/** The cursor of a row: opaque to clients. */
export function encodePlace({ list, field }: ListOrder, { at, id }: ListPlace): string {
  return Buffer.from(JSON.stringify([list, field, at, id])).toString('base64url');
}

/** The place that a cursor names. Throws CURSOR_INVALID naming the argument where it is none of this list's. */
export function decodePlace(order: ListOrder, argument: 'after' | 'before', cursor: string): ListPlace {
  const place = readPlace(order, cursor);
  if (place === null) {
    throw new CallboardError(
      'CURSOR_INVALID',
      `${argument}: this is no cursor of this list in this order. Take one from its edges or pageInfo, or start again without it.`,
    );
  }
  return place;
}

/** An id of the greatest length takes up to 2 KiB. */
const MAX_CURSOR_LENGTH = 4_096;

function readPlace({ list, field }: ListOrder, cursor: string): ListPlace | null {
  if (cursor.length > MAX_CURSOR_LENGTH) return null;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
  if (!Array.isArray(parts)) return null;
  const [ofList, ofField, at, id, ...others]: unknown[] = parts;
  if (ofList !== list || ofField !== field || others.length > 0) return null;
  if (typeof at !== 'number' || !Number.isSafeInteger(at)) return null;
  if (typeof id !== 'string' || !isStorableText(id)) return null;
  return { at, id };
}
