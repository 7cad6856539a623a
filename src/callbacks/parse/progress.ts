import type { Json, Progress } from '../../domain/journal/callback.ts';
import type { ProgressUnit } from '../../domain/words.ts';
import type { FaultList } from './fault-list.ts';
import { isObject, type JsonObject, own, readCount } from './fields.ts';

/**
 * The aggregator's "2/3" (2 of 3 accounts were aggregated). Its documentation shows it in no sample, so it is taken
 * from the first of four places where it is readable; null where none has it.
 */
export function readProgress(body: JsonObject, faults: FaultList): Progress | null {
  const top = ratioAt(body, 'progress', '', null, faults);
  const details = own(body, 'details');
  if (details === undefined || details === '') return top;
  if (!isObject(details)) {
    faults.add('/details', 'is not an object');
    return top;
  }
  const places = [
    top,
    ratioAt(details, 'progress', '/details', null, faults),
    // A list here is the list of accounts, not progress.
    Array.isArray(details.accounts) ? null : ratioAt(details, 'accounts', '/details', 'ACCOUNTS', faults),
    ratioAt(details, 'transactions', '/details', 'TRANSACTIONS', faults),
  ];
  return places.find((place) => place !== null) ?? null;
}

function ratioAt(
  object: JsonObject,
  name: string,
  parent: string,
  unit: ProgressUnit | null,
  faults: FaultList,
): Progress | null {
  const value = own(object, name);
  if (value === undefined || value === '') return null;
  const ratio = readRatio(value, unit);
  if (ratio === null) faults.add(`${parent}/${name}`, 'is not progress; text such as "2/3" is allowed');
  return ratio;
}

function readRatio(value: Json, unit: ProgressUnit | null): Progress | null {
  if (typeof value !== 'string' || value.length > 64) return null;
  const match = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(value);
  const done = readCount(match?.[1]);
  const total = readCount(match?.[2]);
  return done !== null && total !== null && done <= total ? { done, total, unit } : null;
}
