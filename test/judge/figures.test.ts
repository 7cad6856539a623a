import { describe, expect, it } from 'vitest';
import { runGrid } from './grid.ts';
import { judge } from './judge.ts';
import type { Judged } from './judged.ts';
import { createLastWriteWins } from './last-write-wins.ts';
import type { SimulationOptions } from './options.ts';
import { createOracle } from './oracle.ts';
import { createSessions, type SimulatedSession } from './session.ts';
import { gridTable, verdictTable } from './tables.ts';
import { type Verdict, verdictOf } from './verdict.ts';

const SEED = Number(process.env.JUDGE_SEED ?? 1);
const COUNT = Number(process.env.JUDGE_SESSIONS ?? 2_000);
/** The tables are printed, and the grid is run in full, for whoever asks for them by a seed. */
const PRINTS = process.env.JUDGE_SEED !== undefined;

async function verdict(
  createJudged: (sessions: readonly SimulatedSession[]) => Judged,
  options: Partial<SimulationOptions> = {},
): Promise<Verdict> {
  const sessions = createSessions(SEED, COUNT, options);
  return verdictOf(await judge(createJudged(sessions), sessions));
}

function print(table: string): void {
  if (PRINTS) process.stdout.write(`\n${table}\n`);
}

describe('the figures of the judge', () => {
  it('are perfect for a system that is given the truth', async () => {
    const plain = await verdict(createOracle);
    const reported = await verdict(createOracle, { reportedProgress: true });
    print(verdictTable({ oracle: plain, 'with progress': reported }, 'text'));
    for (const { right, silentlyWrong, falseEnds, staleEnds, refreshStillAsked } of [plain, reported]) {
      expect(right).toEqual({ count: COUNT, of: COUNT });
      expect([silentlyWrong.count, falseEnds.count, staleEnds.count, refreshStillAsked.count]).toEqual([
        0, 0, 0, 0,
      ]);
    }
  });

  it('are clearly worse for a system that shows whatever came last', async () => {
    const plain = await verdict(createLastWriteWins);
    const reported = await verdict(createLastWriteWins, { reportedProgress: true });
    const undisturbed = await verdict(createLastWriteWins, { loss: 0, duplicates: 0, reordering: 0 });
    print(verdictTable({ 'last write wins': plain, 'with progress': reported, undisturbed }, 'markdown'));
    expect(plain.right.count).toBeLessThan(0.8 * COUNT);
    expect(undisturbed.right.count).toBeGreaterThan(plain.right.count);
    const causes = Object.values(plain.wrongByCause).reduce((sum, { count }) => sum + count, 0);
    expect(causes).toBe(COUNT - plain.right.count);
  });

  it('get worse with loss and with duplicates, in every distribution of pauses', async () => {
    const grid = await runGrid({
      seed: SEED,
      count: PRINTS ? COUNT : 200,
      withJudged: (use) => use(createLastWriteWins()),
    });
    print(gridTable(grid, 'text'));
    expect(grid).toHaveLength(5 * 3 * 3);
    for (const pauses of ['log-uniform', 'quick', 'slow']) {
      const cells = grid.filter((cell) => cell.pauses === pauses);
      const best = cells.find((cell) => cell.loss === 0 && cell.duplicates === 0);
      const worst = cells.find((cell) => cell.loss === 0.2 && cell.duplicates === 0.5);
      expect(worst?.verdict.right.count).toBeLessThan(best?.verdict.right.count ?? 0);
    }
  });
});
