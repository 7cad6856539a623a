import type { Json, Progress } from '../domain/callback.ts';
import type { ProgressUnit } from '../domain/words.ts';
import { isObject, type JsonObject, own, readCount } from './fields.ts';

/**
 * The aggregator's "2/3" (2 of 3 accounts were aggregated). Its page shows it in no sample, so it is taken from
 * the first of four places where it stands readable; null where none has it, never invented (DESIGN §3).
 */
export function readProgress(body: JsonObject): Progress | null {
  const details = own(body, 'details');
  const inDetails = isObject(details) ? details : {};
  return (
    readRatio(own(body, 'progress'), null) ??
    readRatio(own(inDetails, 'progress'), null) ??
    readRatio(own(inDetails, 'accounts'), 'ACCOUNTS') ??
    readRatio(own(inDetails, 'transactions'), 'TRANSACTIONS')
  );
}

function readRatio(value: Json | undefined, unit: ProgressUnit | null): Progress | null {
  if (typeof value !== 'string' || value.length > 64) return null;
  const match = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(value);
  const done = readCount(match?.[1]);
  const total = readCount(match?.[2]);
  return done !== null && total !== null && done <= total ? { done, total, unit } : null;
}
