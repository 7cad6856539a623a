import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SCENARIOS_FOLDER } from '../../src/config/package-files.ts';
import { judge } from '../../src/simulator/check/verdict.ts';
import { createPlan, type Delivery } from '../../src/simulator/plan/plan.ts';
import { readScenario } from '../../src/simulator/scenario/read-scenario.ts';

const QUIET_MS = 100;
/** Played at one moment, but for those of `at`. */
const played = (deliveries: readonly Delivery[], at: (delivery: Delivery) => number = () => 0) => ({
  at: new Map(deliveries.map((delivery) => [delivery, at(delivery)])),
  restartQuietMs: QUIET_MS,
});
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
      restartQuietMs: QUIET_MS,
    });
    const verdict = judge(plan, played(plan.deliveries), new Map());
    expect(verdict).toMatchObject({ compared: sessions, right: 0, undelivered: [] });
    expect(verdict.unknowable).toHaveLength(allowed);
    expect(verdict.different).toHaveLength(sessions - allowed);
  });

  it('does not call unknowable what was neither late nor repeated', () => {
    const plan = createPlan({ scenarios: [happy], seed: 1, sessions: 4, restartQuietMs: QUIET_MS });
    const verdict = judge(plan, played(plan.deliveries), new Map());
    expect([verdict.unknowable, verdict.different.length]).toEqual([[], 4]);
    expect(verdict.different[0]?.differences).toContainEqual({
      ...{ field: 'outcome', expected: 'SUCCEEDED', found: null },
    });
  });

  it('calls an overtaken beginning unknowable only where it came after the quiet time', () => {
    const { subjects, deliveries } = createPlan({
      ...{ scenarios: [happy], seed: 1, sessions: 1, restartQuietMs: QUIET_MS },
    });
    const [first] = deliveries;
    const last = deliveries.findIndex(({ step }) => step === 2) + 1;
    if (first === undefined) throw new Error('nothing is planned');
    const overtaken = [...deliveries.slice(1, last), first, ...deliveries.slice(last)];
    const verdictAfter = (ms: number) =>
      judge(
        { subjects, deliveries: overtaken },
        played(overtaken, (one) => (one === first ? ms : 0)),
        new Map(),
      );
    expect(verdictAfter(QUIET_MS - 1)).toMatchObject({ unknowable: [], different: [{}] });
    expect(verdictAfter(QUIET_MS)).toMatchObject({ unknowable: [{}], different: [] });
  });

  it('compares only what was played to the end', () => {
    const plan = createPlan({ scenarios: [happy], seed: 1, sessions: 4, restartQuietMs: QUIET_MS });
    expect(judge(plan, played(plan.deliveries.slice(0, -1)), new Map())).toMatchObject({
      compared: 3,
      unfinished: 1,
    });
  });
});
