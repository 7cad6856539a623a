import type { Random } from './random.ts';

/** How long the aggregator takes from one report to the next, in whole milliseconds: distributions by name. */
export const PAUSES = {
  /** 0.1–20 s, every ratio equally likely: mostly quick, sometimes slow. */
  'log-uniform': (random: Random): number => Math.round(random.logBetween(100, 20_000)),
  /** 0.1–20 s, every length equally likely. */
  uniform: (random: Random): number => Math.round(random.between(100, 20_000)),
  /** 0.02–2 s: nearly every delayed callback is overtaken. */
  quick: (random: Random): number => Math.round(random.logBetween(20, 2_000)),
  /** 1–120 s: a bank that answers slowly, so that duplicates fall between the reports of the same run. */
  slow: (random: Random): number => Math.round(random.logBetween(1_000, 120_000)),
} as const;

export type PauseName = keyof typeof PAUSES;
