import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';

const draws = (...seed: number[]) => {
  const random = createRandom(...seed);
  return Array.from({ length: 20 }, () => random.next());
};

describe('the draws', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(draws(1, 2)).toEqual(draws(1, 2));
    for (const other of [draws(1), draws(2, 1), draws(1, 3), draws(1 + 2 ** 32, 2)]) {
      expect(other).not.toEqual(draws(1, 2));
    }
  });

  it('spread evenly, also the first one of consecutive seeds', () => {
    const firsts = Array.from({ length: 20_000 }, (_, seed) => createRandom(7, seed).next());
    for (const bound of [0.05, 0.1, 0.5, 0.9]) {
      expect(firsts.filter((draw) => draw < bound).length / firsts.length).toBeCloseTo(bound, 1.9);
    }
  });

  it('refuse a seed that is not a whole number', () => {
    expect(() => createRandom(0.5)).toThrow(RangeError);
    expect(() => createRandom(Number.NaN)).toThrow(RangeError);
  });
});
