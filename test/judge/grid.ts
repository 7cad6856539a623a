import { type JudgeOptions, judge } from './judge.ts';
import type { Judged } from './judged.ts';
import type { SimulationOptions } from './options.ts';
import type { PauseName } from './pauses.ts';
import { createSessions } from './session.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface GridCell {
  readonly loss: number;
  readonly duplicates: number;
  readonly pauses: PauseName;
  readonly verdict: Verdict;
}

export interface GridPlan {
  readonly seed: number;
  /** Sessions in each cell. */
  readonly count: number;
  /** Makes a new system for each cell, and ends it. */
  readonly withJudged: <Result>(use: (judged: Judged) => Promise<Result>) => Promise<Result>;
  readonly loss?: readonly number[];
  readonly duplicates?: readonly number[];
  readonly pauses?: readonly PauseName[];
  /** What is the same in every cell. */
  readonly options?: Partial<SimulationOptions>;
  readonly judge?: JudgeOptions;
}

/**
 * Judges a system under every combination of loss, duplicates and pauses. What becomes of the sessions is the
 * same in all cells: only the times and the deliveries differ.
 */
export async function runGrid({
  seed,
  count,
  withJudged,
  loss: losses = [0, 0.01, 0.05, 0.1, 0.2],
  duplicates: shares = [0, 0.2, 0.5],
  pauses: distributions = ['log-uniform', 'quick', 'slow'],
  options = {},
  judge: judgeOptions,
}: GridPlan): Promise<readonly GridCell[]> {
  const cells: GridCell[] = [];
  for (const loss of losses) {
    for (const duplicates of shares) {
      for (const pauses of distributions) {
        const sessions = createSessions(seed, count, { ...options, loss, duplicates, pauses });
        const judgements = await withJudged((judged) => judge(judged, sessions, judgeOptions));
        cells.push({ loss, duplicates, pauses, verdict: verdictOf(judgements) });
      }
    }
  }
  return cells;
}
