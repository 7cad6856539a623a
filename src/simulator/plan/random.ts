/** Draws that depend on nothing but the seed. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** True in `share` (0 to 1) of the draws. One draw, whatever the share is. */
  chance(share: number): boolean;
  between(from: number, to: number): number;
  /** Both ends included. */
  integer(from: number, to: number): number;
  pick<T>(list: readonly T[]): T;
}

/**
 * A generator (sfc32) whose draws depend on its seeds alone. Several make independent streams:
 * `createRandom(seed, 'happy', 3, 'faults')` draws the same whatever other streams draw.
 */
export function createRandom(...seeds: readonly (number | string)[]): Random {
  let hash = 0x9e3779b9;
  for (const code of JSON.stringify(seeds)) hash = mix(hash ^ mix(code.codePointAt(0) ?? 0));
  let a = mix(hash + 1);
  let b = mix(hash + 2);
  let c = mix(hash + 3);
  let counter = 1;

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  }
  for (let warmUp = 0; warmUp < 12; warmUp += 1) next();

  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    integer,
    chance: (share) => next() < share,
    between: (from, to) => from + next() * (to - from),
    pick(list) {
      const index = integer(0, list.length - 1);
      for (const item of list.slice(index, index + 1)) return item;
      throw new RangeError('nothing to pick from');
    },
  };
}

/** Spreads each bit of a number over 32 bits (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
