import type { SimulationOptions } from './options.ts';
import type { Random } from './random.ts';
import type { Report } from './report.ts';

/** One sending of the callback that reports something, whether or not it arrives. */
export interface Sending {
  readonly report: Report;
  /** When it arrives, or would have. */
  readonly at: number;
  /** For a duplicate the time since its original; null for the original. */
  readonly duplicateAfter: number | null;
  readonly isLost: boolean;
}

/**
 * Every sending of the callbacks of a session, in the order of their arrival: some delayed, some twice, some lost.
 * Each report takes the same number of draws whatever the options are, so that the same seed with more loss loses
 * the same sendings and some more.
 */
export function disturb(
  random: Random,
  options: SimulationOptions,
  reports: readonly Report[],
): readonly Sending[] {
  const sendings: Sending[] = [];
  for (const report of reports) {
    const isDelayed = random.chance(options.reordering);
    const delay = Math.round(random.between(...options.delay));
    const at = report.at + (isDelayed ? delay : 0);
    sendings.push({ report, at, duplicateAfter: null, isLost: random.chance(options.loss) });

    const isDuplicated = random.chance(options.duplicates);
    const duplicateAfter = drawDuplicateAfter(random, options);
    const isLost = random.chance(options.loss);
    if (isDuplicated) sendings.push({ report, at: at + duplicateAfter, duplicateAfter, isLost });
  }
  return sendings.sort((a, b) => a.at - b.at || a.report.order - b.report.order);
}

function drawDuplicateAfter(random: Random, options: SimulationOptions): number {
  const draw = random.next();
  const length = random.next();
  let sum = 0;
  for (const { share, range } of options.duplicateAfter) {
    sum += share;
    if (draw < sum) return Math.round(range[0] + length * (range[1] - range[0]));
  }
  return 0;
}
