import { WrittenResult } from './compiled/written-result.ts';

/** What a value of an answer costs the event loop at most, from the store's row to the text, in milliseconds. */
const VALUE_MS = 0.005;
/** What an operation costs apart from its values, in milliseconds. */
const BASE_MS = 0.3;
/** The same by the length of the text, of a compiled query. */
const CHARACTER_MS = 0.000_2;
/** Values that are counted; an answer that has more is large. */
const COUNTED_VALUES = 1_000;

/**
 * What an operation with this result cannot have cost more than, in milliseconds; Infinity where it is large, or where
 * something failed: an answer that says so is short, and much may have been done before.
 */
export function maxCostOf(result: unknown): number {
  if (typeof result !== 'object' || (result !== null && 'errors' in result)) return Number.POSITIVE_INFINITY;
  if (result instanceof WrittenResult) return BASE_MS + result.text.length * CHARACTER_MS;
  const left = countDown(result, COUNTED_VALUES);
  return left < 0 ? Number.POSITIVE_INFINITY : BASE_MS + (COUNTED_VALUES - left) * VALUE_MS;
}

/** `left` less the values in here; below zero where there are more, which are not looked at. */
function countDown(value: unknown, left: number): number {
  let rest = left - 1;
  if (typeof value !== 'object' || value === null) return rest;
  for (const key in value) {
    if (rest < 0) return rest;
    rest = countDown(Reflect.get(value, key), rest);
  }
  return rest;
}
