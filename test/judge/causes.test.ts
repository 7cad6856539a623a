import { describe, expect, it } from 'vitest';
import { runByHand, sessionByHand } from './by-hand.ts';
import { type Cause, causeOf } from './causes.ts';
import type { Sending } from './disturb.ts';
import { judge } from './judge.ts';
import type { Judged } from './judged.ts';
import type { SimulatedSession } from './session.ts';
import { verdictOf } from './verdict.ts';

const success = runByHand({ kind: 'success' });
const end = success.reports.length - 1;

const isAt = (stage: string, status: string) => (sending: Sending) =>
  sending.report.stage === stage && sending.report.status === status;
const isPage = (sending: Sending) => sending.report.content.kind === 'page';

/** A success of whose sendings those that are chosen are changed. */
function where(
  which: (sending: Sending) => boolean,
  change: (sending: Sending) => readonly Sending[],
): SimulatedSession {
  return sessionByHand([success], (sending) => (which(sending) ? change(sending) : [sending]));
}

const lost = (sending: Sending): readonly Sending[] => [{ ...sending, isLost: true }];
const lostTwice = (sending: Sending): readonly Sending[] => [
  { ...sending, isLost: true },
  { ...sending, at: sending.at + 10, duplicateAfter: 10, isLost: true },
];
const lostOnce = (sending: Sending): readonly Sending[] => [
  { ...sending, isLost: true },
  { ...sending, at: sending.at + 10, duplicateAfter: 10 },
];
const twice =
  (after: number) =>
  (sending: Sending): readonly Sending[] => [
    sending,
    { ...sending, at: sending.at + after, duplicateAfter: after },
  ];
const late =
  (by: number) =>
  (sending: Sending): readonly Sending[] => [{ ...sending, at: sending.at + by }];

/** The time between the first two callbacks of Transactions. */
const [initiated, inProgress] = success.reports.filter((report) => report.stage === 'TRANSACTIONS');
const gap = (inProgress?.at ?? 0) - (initiated?.at ?? 0);

const cases: readonly (readonly [string, SimulatedSession, Cause])[] = [
  ['nothing', sessionByHand([success]), 'rule'],
  ['the end never came', where((sending) => sending.report.order === end, lost), 'lost end'],
  [
    'the end never came, neither time',
    where((sending) => sending.report.order === end, lostTwice),
    'lost end',
  ],
  ['the end came the second time', where((sending) => sending.report.order === end, lostOnce), 'rule'],
  ['the end of Accounts never came', where(isAt('ACCOUNTS', 'FINISHED'), lost), 'lost earlier end'],
  ['a page never came', where(isPage, lost), 'lost page/accounts'],
  ['an early duplicate', where(isAt('TRANSACTIONS', 'INITIATED'), twice(1)), 'rule'],
  ['a late duplicate', where(isAt('TRANSACTIONS', 'INITIATED'), twice(2_000)), 'late duplicate'],
  [
    'a duplicate that was overtaken',
    where(isAt('TRANSACTIONS', 'INITIATED'), twice(gap + 1)),
    'late duplicate',
  ],
  ['an overtaken callback', where(isAt('TRANSACTIONS', 'INITIATED'), late(gap + 1)), 'reordering'],
  ['a beginning never came', where(isAt('ACCOUNTS', 'INITIATED'), lost), 'lost step'],
  [
    'all of it, and the end never came',
    where(
      () => true,
      (sending) => (sending.report.order === end ? lostTwice(sending) : twice(9_000)(sending)),
    ),
    'lost end',
  ],
];

describe('the cause', () => {
  it.each(cases)('%s', (_, session, cause) => {
    expect(gap + 1).toBeLessThan(2_000);
    expect(causeOf(session)).toBe(cause);
  });

  it('is of the last run where the lost end is of an earlier one', () => {
    const again = runByHand({ kind: 'success' }, { run: 1, order: end + 1, beginsAt: 1_000_000 });
    const session = sessionByHand([success, again], (sending) =>
      sending.report.order === end ? lost(sending) : [sending],
    );
    expect(causeOf(session)).toBe('lost step');
  });

  it('is counted once for each session that is wrong, and tells what could be known and what was silent', async () => {
    const silent: Judged = {
      receive: () => undefined,
      shown: () => ({
        outcome: 'FAILED',
        stage: 'TRANSACTIONS',
        status: 'FINISHED',
        nextAction: null,
        flags: { stalled: false, restartSuspected: false, conflict: false },
      }),
    };
    const verdict = verdictOf(
      await judge(
        silent,
        cases.map(([, session]) => session),
      ),
    );
    expect(
      Object.fromEntries(Object.entries(verdict.wrongByCause).map(([cause, { count }]) => [cause, count])),
    ).toEqual({
      'lost end': 3,
      'lost earlier end': 1,
      'lost page/accounts': 1,
      'late duplicate': 2,
      reordering: 1,
      'lost step': 1,
      rule: 3,
    });
    expect(verdict.right).toEqual({ count: 0, of: cases.length });
    expect(verdict.rightOfKnowable.of).toBe(cases.length - 3);
    expect(verdict.silentlyWrong.count).toBe(cases.length);
  });
});
