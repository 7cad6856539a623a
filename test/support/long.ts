/** Whether tests run in their long form, with the counts that the README promises: `TEST_LONG=1`. */
export const LONG = process.env.TEST_LONG === '1';

/** A count: the first in the long form, the second in CI. */
export const longOr = (long: number, short: number): number => (LONG ? long : short);
