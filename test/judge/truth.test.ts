import { describe, expect, it } from 'vitest';
import { PROFILE, runByHand } from './by-hand.ts';
import type { Fate } from './run.ts';
import { truthOf } from './truth.ts';

const cases: readonly (readonly [string, Fate, string])[] = [
  ['a run that gives everything', { kind: 'success' }, 'SUCCEEDED TRANSACTIONS FINISHED NONE'],
  ['a sign-in that fails', { kind: 'failure', stage: 'AUTHENTICATION' }, 'FAILED AUTHENTICATION FAILED NONE'],
  ['accounts that fail', { kind: 'failure', stage: 'ACCOUNTS' }, 'FAILED ACCOUNTS FAILED NONE'],
  [
    'transactions that fail, with the accounts given',
    { kind: 'failure', stage: 'TRANSACTIONS' },
    'PARTIALLY_SUCCEEDED TRANSACTIONS FAILED NONE',
  ],
  [
    'an access that is rejected for the accounts',
    { kind: 'reauthentication', stage: 'ACCOUNTS' },
    'NEEDS_AUTHORIZATION ACCOUNTS AUTHORIZATION_FAILED REAUTHENTICATE',
  ],
  [
    'an access that is rejected for the transactions',
    { kind: 'reauthentication', stage: 'TRANSACTIONS' },
    'NEEDS_AUTHORIZATION TRANSACTIONS AUTHORIZATION_FAILED REAUTHENTICATE',
  ],
  [
    'one account of two, and its transactions',
    { kind: 'partial', stage: 'ACCOUNTS', status: 'FINISHED', arrived: 1 },
    'PARTIALLY_SUCCEEDED TRANSACTIONS FINISHED NONE',
  ],
  [
    'one account of two, and no more',
    { kind: 'partial', stage: 'ACCOUNTS', status: 'FAILED', arrived: 1 },
    'PARTIALLY_SUCCEEDED ACCOUNTS FAILED NONE',
  ],
  [
    'the transactions of one account of two',
    { kind: 'partial', stage: 'TRANSACTIONS', status: 'FINISHED', arrived: 1 },
    'PARTIALLY_SUCCEEDED TRANSACTIONS FINISHED NONE',
  ],
  [
    'the transactions of one account of two, and a failure',
    { kind: 'partial', stage: 'TRANSACTIONS', status: 'FAILED', arrived: 1 },
    'PARTIALLY_SUCCEEDED TRANSACTIONS FAILED NONE',
  ],
];

describe('the truth of a run', () => {
  it.each(cases)('%s', (_, fate, expected) => {
    for (const profile of [PROFILE, { ...PROFILE, accountsUnderTransactions: true }]) {
      const { outcome, stage, status, nextAction } = truthOf(runByHand(fate, { profile }));
      expect(`${outcome} ${stage} ${status} ${nextAction}`).toBe(expected);
    }
  });

  it('is a success also where the details fail, from the moment when the transactions were there', () => {
    const run = runByHand({ kind: 'success' }, { details: 'FAILED' });
    const finished = run.reports.findLast((report) => report.stage === 'TRANSACTIONS');
    expect(truthOf(run)).toEqual({
      outcome: 'SUCCEEDED',
      stage: 'TRANSACTION_DETAILS',
      status: 'FAILED',
      nextAction: 'NONE',
      endedAt: finished?.at,
    });
  });

  it('is not known of a run without an end', () => {
    const { reports } = runByHand({ kind: 'success' });
    expect(() => truthOf({ reports: reports.slice(0, 2), incomplete: false })).toThrow('without an end');
  });

  it('can be read from what is reported: a partial end without a failure says how many accounts', () => {
    for (const stage of ['ACCOUNTS', 'TRANSACTIONS'] as const) {
      const run = runByHand({ kind: 'partial', stage, status: 'FINISHED', arrived: 1 });
      const end = run.reports.findLast((report) => report.stage === stage);
      expect([end?.status, end?.progress]).toEqual(['FINISHED', '1/2']);
    }
  });
});
