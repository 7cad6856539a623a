import { expect, test } from 'vitest';
import { deliver } from './deliveries.ts';
import { figuresOf, type Judged, judge, type Shown, simulate, TRANSACTIONS_DECIDE } from './judgement.ts';
import type { Profile } from './session.ts';

const profile: Profile = { name: 'as documented', emptyAccounts: 0.15, lost: 0.05, progress: false };
const flags = { stalled: false, restartSuspected: false, conflict: false };

/** Knows the true ends, whatever arrives. */
function createOracle(seed: number, count: number): Judged {
  const sessions = new Map(simulate(seed, count, profile).map((session) => [session.id, session]));
  return {
    receive() {},
    shown(id, at): Shown | null {
      const run = sessions.get(id)?.runs.findLast(({ startsAt }) => startsAt <= at);
      if (!run) return null;
      const { got, stage, status } = run.end;
      const outcome = at < run.endsAt ? 'PENDING' : TRANSACTIONS_DECIDE[got];
      return { outcome, stage, status, nextAction: null, flags };
    },
  };
}

/** Shows what arrived last. */
function createLastCallback(): Judged {
  const last = new Map<string, Shown>();
  return {
    receive({ body }) {
      const { sessionId, stage, status } = JSON.parse(new TextDecoder().decode(body));
      const ends = stage.startsWith('Transaction') && status === 'Finished';
      const failed = stage === 'Transactions' ? 'PARTIALLY_SUCCEEDED' : 'FAILED';
      const asked = status === 'AuthorizationFailed' ? 'NEEDS_AUTHORIZATION' : 'PENDING';
      const outcome = ends ? 'SUCCEEDED' : status === 'Failed' ? failed : asked;
      last.set(sessionId, { outcome, stage, status, nextAction: null, flags });
    },
    shown: (id) => last.get(id) ?? null,
  };
}

test('a seed gives the same bytes at the same times, another seed others', () => {
  const arrivals = (seed: number) =>
    simulate(seed, 50, profile).flatMap((session) =>
      deliver(session, seed, profile).map(({ at, report }) => `${at} ${report.body}`),
    );
  expect(arrivals(1)).toEqual(arrivals(1));
  expect(arrivals(1)).not.toEqual(arrivals(2));
});

test("a session's report has the same bytes in every run", () => {
  const restarted = simulate(1, 300, profile).filter(({ runs }) => runs.length > 1);
  expect(restarted.length).toBeGreaterThan(20);
  for (const { reports } of restarted) {
    const bodies = new Map<string, string>();
    for (const { label, body } of reports)
      expect(body).toBe(bodies.get(label) ?? bodies.set(label, body).get(label));
  }
});

test('one who knows the true ends is right of every session', async () => {
  const figures = figuresOf('', await judge(createOracle(1, 300), { seed: 1, count: 300, profile }));
  expect(figures).toMatchObject({ right: 100, ofKnowable: 100, falseEnds: 0, silentlyWrong: 0 });
});

test('one that shows the last callback is wrong of one session in ten and more', async () => {
  const figures = figuresOf('', await judge(createLastCallback(), { seed: 1, count: 300, profile }));
  expect(figures.right).toBeLessThan(90);
  expect(figures.silentlyWrong).toBeGreaterThan(1);
});
