/** Whether tests run in their long form, with the counts that the closing notes name: `TEST_LONG=1`. */
export const LONG = process.env.TEST_LONG === '1';

const IN_CI = Boolean(process.env.CI);

/** A count by the form of the run: the long form, what CI runs (at least a tenth of it), and what `npm test` runs. */
export const longOr = (long: number, short: number, ci: number = short): number => {
  if (LONG) return long;
  return IN_CI ? ci : short;
};
