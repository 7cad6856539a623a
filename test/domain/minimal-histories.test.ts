import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/domain/session/session.ts';
import { stageView } from '../../src/domain/session/stage-view.ts';
import { sessionOf, table } from '../support/builders/history-table.ts';
import { createMemoryStore, deliveryOf } from '../support/stores/memory-store.ts';

/* Short histories that were shown wrongly once. What comes again is byte for byte what came before. */

const summary = ({ outcome, stage, status }: Session) => `${outcome} ${stage} ${status}`;

describe('a success', () => {
  test('is not reopened by duplicates of Initiated and InProgress after TransactionDetails failed', () => {
    const session = sessionOf(table`
      0  | Auth/Finished
      1  | Acc/Finished
      2  | Tx/Initiated
      3  | Tx/InProgress
      4  | Tx/Finished
      5  | Det/Failed
      45 | Tx/Initiated
      46 | Tx/InProgress`);
    expect(session.outcome).toBe('SUCCEEDED');
  });

  test('keeps its current stage when an earlier one is initiated and finished once more', () => {
    const session = sessionOf(table`
      0  | Acc/Initiated
      1  | Acc/Finished
      2  | Tx/Finished
      62 | Acc/Initiated
      63 | Acc/Finished`);
    expect(summary(session)).toBe('SUCCEEDED TRANSACTIONS FINISHED');
  });

  test('does not depend on an account without transactions, which has no page', () => {
    const session = sessionOf(table`
      0 | Acc/Finished +A1
      1 | Acc/Finished +A2
      2 | Tx/InProgress +P1
      3 | Tx/Finished`);
    expect(session.outcome).toBe('SUCCEEDED');
  });

  test('comes at the end of the last expected stage, though the end of an earlier one was lost', () => {
    const session = sessionOf(table`
      0 | Auth/Finished
      1 | Acc/InProgress
      2 | Tx/InProgress
      3 | Tx/Finished`);
    expect(session.outcome).toBe('SUCCEEDED');
    expect(stageView(session, 'ACCOUNTS').status).toBe('IN_PROGRESS');
  });

  test('of a new run outlasts a duplicate of what failed in the old one', () => {
    const session = sessionOf(table`
      0  | Tx/Initiated
      1  | Tx/Failed
      40 | Tx/Initiated
      41 | Tx/InProgress
      42 | Tx/Finished
      43 | Tx/Failed`);
    expect(summary(session)).toBe('SUCCEEDED TRANSACTIONS FINISHED');
  });
});

describe('a person who is to sign in again', () => {
  test('is still asked to when only Initiated came again, and a restart is suspected', () => {
    const session = sessionOf(table`
      0 | Auth/Initiated
      1 | Auth/Finished
      2 | Acc/AuthorizationFailed
      3 | Auth/Initiated`);
    expect(session.outcome).toBe('NEEDS_AUTHORIZATION');
    expect(stageView(session, 'AUTHENTICATION').restartSuspected).toBe(true);
  });

  test('is still asked to when only Finished came again', () => {
    const session = sessionOf(table`
      0 | Auth/Initiated
      1 | Auth/Finished
      2 | Acc/AuthorizationFailed
      3 | Auth/Finished`);
    expect(session.outcome).toBe('NEEDS_AUTHORIZATION');
    expect(stageView(session, 'AUTHENTICATION').restartSuspected).toBe(false);
  });

  test('has begun to when Initiated and InProgress came again: nothing distinguishes them from a new run', () => {
    const session = sessionOf(table`
      0 | Auth/Initiated
      1 | Auth/InProgress
      2 | Auth/Finished
      3 | Acc/AuthorizationFailed
      4 | Auth/Initiated
      5 | Auth/InProgress`);
    expect(summary(session)).toBe('PENDING AUTHENTICATION IN_PROGRESS');
  });

  test('is not asked any more once a session without a sign-in so far reports one', () => {
    const session = sessionOf(table`
      0 | Acc/AuthorizationFailed
      9 | Auth/Finished`);
    expect(session.nextAction).toBe('WAIT');
    expect(summary(session)).toBe('PENDING AUTHENTICATION FINISHED');
  });
});

describe('a new run', () => {
  test('is not ended by a duplicate of what failed in the old one, before the stage before has finished', () => {
    const session = sessionOf(table`
      0  | Auth/Initiated
      1  | Auth/Finished
      2  | Acc/Failed
      40 | Auth/Initiated
      41 | Auth/InProgress
      42 | Acc/Failed`);
    expect(summary(session)).toBe('PENDING AUTHENTICATION IN_PROGRESS');
  });

  test('that brings fewer accounts than the old one is not partial: the others are of the old one', () => {
    const session = sessionOf(table`
      0  | Acc/Finished +A1
      1  | Acc/Finished +A2
      2  | Acc/Finished +A3
      3  | Tx/Failed
      40 | Acc/Initiated
      41 | Acc/InProgress
      42 | Acc/Finished +A1
      43 | Tx/InProgress +P1
      44 | Tx/Finished`);
    expect(session.outcome).toBe('SUCCEEDED');
    expect(session.accounts.map(({ accountNumber }) => accountNumber)).toEqual(['A1', 'A2', 'A3']);
  });
});

describe('progress', () => {
  test('that ended short before the last expected stage leaves the session pending', () => {
    const session = sessionOf(table`
      0 | Auth/Finished
      1 | Acc/Finished +2/3`);
    expect(session.outcome).toBe('PENDING');
  });

  test('reported on the way is stale at the end', () => {
    const session = sessionOf(table`
      0 | Acc/InProgress +1/2
      1 | Acc/Finished
      2 | Tx/Finished`);
    expect(session.outcome).toBe('SUCCEEDED');
    expect(stageView(session, 'ACCOUNTS').progress).toBeNull();
  });

  test('that the end itself reports short is a partial success', () => {
    const session = sessionOf(table`
      0 | Acc/Finished +A1
      1 | Tx/Finished +2/3`);
    expect(summary(session)).toBe('PARTIALLY_SUCCEEDED TRANSACTIONS FINISHED');
    expect(session.failedStage).toBe('TRANSACTIONS');
  });
});

describe('an account', () => {
  test.each([
    ['first without a type, then with one', null, 'CurrentAccount'],
    ['first with a type, then without one', 'CurrentAccount', null],
  ])('reported %s is one account', (_, first, second) => {
    const account = (accountType: string | null) =>
      deliveryOf(
        {
          ...{ sessionId: 's', userId: 'u', bankId: 'b', stage: 'Accounts', status: 'InProgress' },
          details: { accounts: [{ accountNumber: 'BE23 45', accountType }] },
        },
        0,
      );
    const store = createMemoryStore();
    store.apply([account(first), account(second)]);
    expect(store.sessions.get('s')?.accounts).toMatchObject([
      { accountNumber: 'BE23 45', accountType: 'CurrentAccount' },
    ]);
  });
});

describe('a replay', () => {
  test('of an old Failed under a newer Finished is a conflict, and Finished stays', () => {
    const wire = { sessionId: 's', userId: 'u', bankId: 'b', stage: 'Transactions' };
    const store = createMemoryStore();
    store.apply([deliveryOf({ ...wire, status: 'Finished' }, 10_000)]);
    store.apply([{ ...deliveryOf({ ...wire, status: 'Failed' }, 5_000), replay: { of: 1, at: 99_000 } }]);
    const session = store.sessions.get('s');
    expect(session).toMatchObject({ status: 'FINISHED', outcome: 'SUCCEEDED', conflict: true });
  });
});
