import { badInput } from '../errors.ts';

/** Exactly one of two ids, and which. Throws BAD_USER_INPUT naming both where neither or both are given. */
export function oneOf<A extends string, B extends string>(
  [a, aId]: readonly [A, string | null | undefined],
  [b, bId]: readonly [B, string | null | undefined],
): readonly [A | B, string] {
  if (aId != null && bId == null) return [a, aId];
  if (bId != null && aId == null) return [b, bId];
  throw badInput(`${a}, ${b}: give exactly one of them.`);
}
