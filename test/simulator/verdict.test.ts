import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SCENARIOS_FOLDER } from '../../src/config/package-files.ts';
import { judge } from '../../src/simulator/check/verdict.ts';
import { createPlan } from '../../src/simulator/plan/plan.ts';
import { readScenario } from '../../src/simulator/scenario/read-scenario.ts';

const happy = readScenario(readFileSync(new URL('happy.json', SCENARIOS_FOLDER), 'utf8'), 'happy');

describe('the verdict on a simulation', () => {
  it.each([
    [10, 1],
    [40, 2],
  ])('of %i sessions lets at most %i be unknowable: more are differences', (sessions, allowed) => {
    const plan = createPlan({
      scenarios: [happy],
      seed: 1,
      sessions,
      faults: { late: 1 },
      restartQuietMs: 100,
    });
    const verdict = judge(plan, new Set(plan.deliveries), new Map());
    expect(verdict).toMatchObject({ compared: sessions, right: 0, undelivered: [] });
    expect(verdict.unknowable).toHaveLength(allowed);
    expect(verdict.different).toHaveLength(sessions - allowed);
  });

  it('does not call unknowable what was neither late nor repeated', () => {
    const plan = createPlan({ scenarios: [happy], seed: 1, sessions: 4, restartQuietMs: 100 });
    const verdict = judge(plan, new Set(plan.deliveries), new Map());
    expect([verdict.unknowable, verdict.different.length]).toEqual([[], 4]);
    expect(verdict.different[0]?.differences).toContainEqual({
      ...{ field: 'outcome', expected: 'SUCCEEDED', found: null },
    });
  });

  it('compares only what was played to the end', () => {
    const plan = createPlan({ scenarios: [happy], seed: 1, sessions: 4, restartQuietMs: 100 });
    const played = new Set(plan.deliveries.slice(0, -1));
    expect(judge(plan, played, new Map())).toMatchObject({ compared: 3, unfinished: 1 });
  });
});
