import { judge } from '../judge/judge.ts';
import type { Judged } from '../judge/judged.ts';
import type { SimulationOptions } from '../judge/options.ts';
import { createSessions } from '../judge/session.ts';
import { type Verdict, verdictOf } from '../judge/verdict.ts';

/** What a deployment may meet; what is not said is the simulated aggregator's default (5 % of deliveries lost). */
export const SCENARIOS = {
  usual: {},
  'no empty accounts': { emptyAccounts: 0 },
  'progress reported': { reportedProgress: true },
  'nothing lost': { loss: 0 },
  undisturbed: { loss: 0, duplicates: 0, reordering: 0 },
} as const satisfies Readonly<Record<string, Partial<SimulationOptions>>>;
export type ScenarioName = keyof typeof SCENARIOS;

/** The verdict on `count` sessions of each seed, each seed judged by a system of its own. */
export async function verdictOn(
  createJudged: () => Judged,
  scenario: ScenarioName,
  seeds: readonly number[],
  count: number,
): Promise<Verdict> {
  const judgements = [];
  for (const seed of seeds) {
    const sessions = createSessions(seed, count, SCENARIOS[scenario]);
    judgements.push(...(await judge(createJudged(), sessions)));
  }
  return verdictOf(judgements);
}
