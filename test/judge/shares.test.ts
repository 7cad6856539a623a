import { describe, expect, it } from 'vitest';
import type { SimulationOptions } from './options.ts';
import { PAUSES } from './pauses.ts';
import { createRandom } from './random.ts';
import { createSessions, type SimulatedSession } from './session.ts';

const SECOND = 1_000;
const sessions = createSessions(11, 6_000);
const runs = sessions.flatMap((session) => session.runs);
const sendings = sessions.flatMap((session) => session.sendings);

function share<T>(list: readonly T[], which: (item: T) => boolean): number {
  return list.filter(which).length / list.length;
}

/** The given share, give or take a fifth of it. */
function expectShare<T>(list: readonly T[], which: (item: T) => boolean, expected: number): void {
  expect(list.length).toBeGreaterThan(100);
  const found = share(list, which);
  expect(found).toBeGreaterThan(expected * 0.8);
  expect(found).toBeLessThan(expected * 1.2);
}

describe('what happens', () => {
  const plain = (options: Partial<SimulationOptions>) =>
    createSessions(12, 4_000, { refreshes: 0, ...options });

  it('has the failures, partial runs and rejected accesses that are asked for', () => {
    const fresh = plain({ restarts: 0, returns: 0 });
    const hasStatus = (status: string) => (session: SimulatedSession) =>
      session.runs.some((run) => run.reports.some((report) => report.status === status));
    expectShare(fresh, hasStatus('AUTHORIZATION_FAILED'), 0.05);
    expectShare(fresh, (session) => session.runs.some((run) => run.incomplete), 0.05);
    // Each failure and half of the partial runs; those of TransactionDetails are left out.
    const failed = createSessions(12, 4_000, { refreshes: 0, restarts: 0, returns: 0, detailFailures: 0 });
    expectShare(failed, hasStatus('FAILED'), 0.1 + 0.0275);
  });

  it('has the restarts that are asked for, and people who sign in again', () => {
    expectShare(plain({ reauthentications: 0 }), (session) => session.runs.length > 1, 0.1);
    const asked = sessions.filter((session) => session.truths[0]?.outcome === 'NEEDS_AUTHORIZATION');
    expectShare(asked, (session) => session.runs.length > 1, 0.7);
  });

  it('restarts and signs in again within the times that are asked for', () => {
    for (const { runs, truths } of sessions) {
      for (const [place, run] of runs.entries()) {
        const before = runs[place - 1];
        const last = before?.reports.at(-1);
        if (!before || !last) continue;
        const after = (run.reports[0]?.at ?? 0) - last.at;
        const isFailed = last.status === 'FAILED' && last.stage !== 'TRANSACTION_DETAILS';
        const isAsked = truths[place - 1]?.outcome === 'NEEDS_AUTHORIZATION';
        const [min, max] = isAsked ? [2, 600] : isFailed ? [5, 600] : [60, 3_600];
        expect(after).toBeGreaterThanOrEqual(min * SECOND);
        expect(after).toBeLessThanOrEqual(max * SECOND);
      }
    }
  });

  it('has refresh sessions, which report no Authentication before their person signs in', () => {
    expectShare(sessions, (session) => session.profile.isRefresh, 0.1);
    for (const { profile, runs } of sessions) {
      expect(runs[0]?.reports[0]?.stage).toBe(profile.isRefresh ? 'ACCOUNTS' : 'AUTHENTICATION');
      expect(runs[0]?.reports.some((report) => report.stage === 'AUTHENTICATION')).toBe(!profile.isRefresh);
    }
    const signedIn = sessions.filter(({ profile, truths }) => profile.isRefresh && truths.length > 1);
    expect(signedIn.length).toBeGreaterThan(50);
  });

  it('has one to four accounts, some without a transaction, and details in some runs', () => {
    const accounts = sessions.flatMap((session) => session.profile.accounts);
    expectShare(accounts, (account) => account.pages.length === 0, 0.15);
    for (const total of [1, 2, 3, 4]) {
      expectShare(sessions, (session) => session.profile.accounts.length === total, 0.25);
    }
    const finished = runs.filter((run) =>
      run.reports.some((report) => report.stage === 'TRANSACTIONS' && report.status === 'FINISHED'),
    );
    expectShare(finished, (run) => run.reports.at(-1)?.stage === 'TRANSACTION_DETAILS', 0.3);
  });

  it('signs in by hand mostly, and takes 1 to 60 s for the details', () => {
    const lengths = (stage: string, from: string) =>
      runs.flatMap(({ reports }) => {
        const begin = reports.find((report) => report.stage === stage && report.status === from);
        const end = reports.findLast((report) => report.stage === stage);
        return begin && end ? [end.at - begin.at] : [];
      });
    const signIns = lengths('AUTHENTICATION', 'IN_PROGRESS');
    expectShare(signIns, (length) => length >= 10 * SECOND && length <= 120 * SECOND, 0.8);
    expectShare(signIns, (length) => length >= 0.5 * SECOND && length <= 2 * SECOND, 0.2);
    expect(share(lengths('TRANSACTION_DETAILS', 'INITIATED'), (l) => l >= SECOND && l <= 60 * SECOND)).toBe(
      1,
    );
  });

  it('reports progress on the way only where that is asked for', () => {
    const onTheWay = (options: Partial<SimulationOptions>) =>
      createSessions(12, 200, options).flatMap((session) =>
        session.runs.flatMap((run) =>
          run.reports.filter((report) => report.progress !== null && report.status === 'IN_PROGRESS'),
        ),
      );
    expect(onTheWay({})).toEqual([]);
    expect(onTheWay({ reportedProgress: true }).length).toBeGreaterThan(400);
  });
});

describe('what becomes of the deliveries', () => {
  it('is lost, twice or late in the shares that are asked for', () => {
    const originals = sendings.filter((sending) => sending.duplicateAfter === null);
    const duplicates = sendings.filter((sending) => sending.duplicateAfter !== null);
    expectShare(originals, (sending) => sending.isLost, 0.05);
    expectShare(duplicates, (sending) => sending.isLost, 0.05);
    expectShare(originals, (sending) => sending.at > sending.report.at, 0.2);
    expect(duplicates.length / originals.length).toBeCloseTo(0.2, 2);
    const within = (min: number, max: number) => (sending: { duplicateAfter: number | null }) =>
      sending.duplicateAfter !== null &&
      sending.duplicateAfter >= min * SECOND &&
      sending.duplicateAfter < max * SECOND;
    expectShare(duplicates, within(0, 2), 0.5);
    expectShare(duplicates, within(2, 30), 0.3);
    expectShare(duplicates, within(30, 301), 0.2);
  });

  it('is nothing at all where nothing is asked for', () => {
    const calm = createSessions(12, 100, { loss: 0, duplicates: 0, reordering: 0 });
    const reports = calm.flatMap((session) => session.runs.flatMap((run) => run.reports));
    expect(calm.flatMap((session) => session.sendings)).toEqual(
      reports.map((report) => ({ report, at: report.at, duplicateAfter: null, isLost: false })),
    );
  });
});

describe('the pauses', () => {
  const draw = (name: keyof typeof PAUSES) => {
    const random = createRandom(3);
    return Array.from({ length: 4_000 }, () => PAUSES[name](random));
  };

  it.each([
    ['log-uniform', 100, 20_000, 1_414],
    ['uniform', 100, 20_000, 10_050],
    ['quick', 20, 2_000, 200],
    ['slow', 1_000, 120_000, 10_954],
  ] as const)('%s lie between %d and %d ms, half of them below %d', (name, min, max, median) => {
    const pauses = draw(name);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(min);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(max);
    expectShare(pauses, (pause) => pause < median, 0.5);
  });
});
