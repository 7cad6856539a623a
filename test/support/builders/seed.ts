/**
 * Parameters for every `fc.assert`: a failing property prints its seed, and `TEST_SEED=…` runs it again.
 */
export function seeded(numRuns = 100): { numRuns: number; seed?: number } {
  const { TEST_SEED } = process.env;
  return TEST_SEED === undefined ? { numRuns } : { numRuns, seed: Number(TEST_SEED) };
}
