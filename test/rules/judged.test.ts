import { describe, expect, test } from 'vitest';
import { runGrid } from '../judge/grid.ts';
import { gridTable, verdictTable } from '../judge/tables.ts';
import type { Count, Verdict } from '../judge/verdict.ts';
import { LONG, longOr } from '../support/long.ts';
import { createCallboardJudged } from './callboard-judged.ts';
import { SCENARIOS, type ScenarioName, verdictOn } from './scenarios.ts';

/* What a simulated aggregator that knows each session's true end says of the rules. */

const SEEDS = LONG ? [1, 2, 3] : [1];
const COUNT = longOr(2_000, 700, 700);
const SCENARIO_NAMES = Object.keys(SCENARIOS).filter((name): name is ScenarioName => name in SCENARIOS);
const PATIENCE_MS = longOr(900_000, 60_000);

const verdicts = new Map<ScenarioName, Promise<Verdict>>();
function verdict(scenario: ScenarioName): Promise<Verdict> {
  const known = verdicts.get(scenario) ?? verdictOn(createCallboardJudged, scenario, SEEDS, COUNT);
  verdicts.set(scenario, known);
  return known;
}

const floorAt = (loss: number): number => (loss <= 0.05 ? 98.9 : loss <= 0.1 ? 98.2 : 97.6);

const share = ({ count, of }: Count): number => (100 * count) / of;

describe('of 100 simulated sessions', () => {
  test.each<[ScenarioName, number]>([
    ['usual', 95.3],
    ['no empty accounts', 95.3],
    ['progress reported', 95.3],
    ['nothing lost', LONG ? 99.8 : 99.6],
    ['undisturbed', 100],
  ])(
    '%s: at least %d end right, in outcome, stage and status',
    async (scenario, floor) => {
      expect(share((await verdict(scenario)).right)).toBeGreaterThanOrEqual(floor);
    },
    PATIENCE_MS,
  );

  test.each<[ScenarioName, number]>([
    ['usual', LONG ? 99.5 : 99.1],
    ['no empty accounts', LONG ? 99.5 : 99.1],
    ['progress reported', LONG ? 99.5 : 99.1],
  ])(
    '%s: at least %d of what can be known is right',
    async (scenario, floor) => {
      expect(share((await verdict(scenario)).rightOfKnowable)).toBeGreaterThanOrEqual(floor);
    },
    PATIENCE_MS,
  );

  test.each(SCENARIO_NAMES)(
    '%s: hardly any is wrong without saying so',
    async (scenario) => {
      expect(share((await verdict(scenario)).silentlyWrong)).toBeLessThanOrEqual(0.5);
    },
    PATIENCE_MS,
  );

  test.each(SCENARIO_NAMES)(
    '%s: a plain session never shows an end before its end',
    async (scenario) => {
      const { falseEnds, falseEndsOfPlain } = await verdict(scenario);
      expect(falseEndsOfPlain.count).toBe(0);
      expect(share(falseEnds)).toBeLessThanOrEqual(0.15);
    },
    PATIENCE_MS,
  );

  test.each(SCENARIO_NAMES)(
    '%s: who has signed in again is not asked to',
    async (scenario) => {
      expect(share((await verdict(scenario)).refreshStillAsked)).toBeLessThanOrEqual(1);
    },
    PATIENCE_MS,
  );
});

test(
  'with any loss, duplicates and pauses, most of what can be known is right',
  async () => {
    const cells = await runGrid({
      seed: 1,
      count: longOr(2_000, 120, 120),
      withJudged: (use) => use(createCallboardJudged()),
      ...(LONG ? {} : { loss: [0, 0.2], duplicates: [0, 0.5] }),
    });
    if (LONG) process.stdout.write(`\n${gridTable(cells, 'markdown')}\n`);
    for (const { loss, verdict: found } of cells) {
      // Where every fifth delivery is lost, so are lists that make a failure a partial success.
      expect(share(found.rightOfKnowable)).toBeGreaterThanOrEqual(LONG ? floorAt(loss) : 96);
    }
  },
  PATIENCE_MS,
);

test.runIf(LONG)(
  'the table',
  async () => {
    const found: Record<string, Verdict> = {};
    for (const name of SCENARIO_NAMES) found[name] = await verdict(name);
    process.stdout.write(`\n${verdictTable(found, 'markdown')}\n`);
  },
  PATIENCE_MS,
);
