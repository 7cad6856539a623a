import { describe, expect, test } from 'vitest';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import type { Json } from '../../src/domain/journal/callback.ts';
import { stageView } from '../../src/domain/session/stage-view.ts';
import type { StageName } from '../../src/domain/words.ts';
import { createMemoryStore, deliveryOf } from '../support/stores/memory-store.ts';

/** Progress of a stage after these callbacks, as `done/total unit (derived)`. */
function progressAfter(stage: StageName, ...callbacks: readonly { readonly [field: string]: Json }[]) {
  const store = createMemoryStore();
  callbacks.forEach((callback, at) => {
    const wire = { sessionId: 's', userId: 'u', bankId: 'b', ...callback };
    expect(parseCallback(new TextEncoder().encode(JSON.stringify(wire))).ok).toBe(true);
    store.apply([deliveryOf(wire, at)]);
  });
  const session = store.sessions.get('s');
  const progress = session === undefined ? null : stageView(session, stage).progress;
  if (progress === null) return null;
  return `${progress.done}/${progress.total} ${progress.unit}${progress.derived ? ' derived' : ''}`;
}

const accounts = { stage: 'Accounts', status: 'InProgress' };
const transactions = { stage: 'Transactions', status: 'InProgress' };
const listed = (...numbers: string[]) => ({
  ...accounts,
  details: { accounts: numbers.map((accountNumber) => ({ accountNumber })) },
});
const page = (accountId: string, transactionStatus = 'Booked') => ({
  ...transactions,
  ...{ accountId, transactionStatus, transactionsCount: 1 },
});

describe('progress that was reported', () => {
  test.each([
    ['the largest total', ['2/3', '4/4', '1/5'], '1/5 null'],
    ['then the largest done', ['2/3', '3/3', '1/3'], '3/3 null'],
  ])('is %s', (_, reports, expected) => {
    const callbacks = reports.map((progress) => ({ ...accounts, progress }));
    expect(progressAfter('ACCOUNTS', ...callbacks)).toBe(expected);
    expect(progressAfter('ACCOUNTS', ...callbacks.reverse())).toBe(expected);
  });

  test('has the unit of where it stood, and learns it from an equal report', () => {
    const inDetails = { ...transactions, details: { accounts: '2/3' } };
    expect(progressAfter('TRANSACTIONS', inDetails)).toBe('2/3 ACCOUNTS');
    expect(progressAfter('TRANSACTIONS', { ...transactions, details: { transactions: '2/3' } })).toBe(
      '2/3 TRANSACTIONS',
    );
    expect(progressAfter('TRANSACTIONS', { ...transactions, progress: '2/3' }, inDetails)).toBe(
      '2/3 ACCOUNTS',
    );
  });

  test('wins over what was counted, whichever came first', () => {
    const reported = { ...transactions, progress: '1/3' };
    expect(progressAfter('TRANSACTIONS', listed('A', 'B'), page('1'), page('2'), reported)).toBe('1/3 null');
    expect(progressAfter('TRANSACTIONS', reported, listed('A', 'B'), page('1'), page('2'))).toBe('1/3 null');
  });
});

describe('progress that was counted', () => {
  test('is accounts with a first page of accounts known, for Transactions alone', () => {
    expect(progressAfter('TRANSACTIONS', listed('A', 'B'), transactions)).toBe('0/2 ACCOUNTS derived');
    expect(progressAfter('TRANSACTIONS', listed('A', 'B'), page('1'), page('1', 'Pending'))).toBe(
      '1/2 ACCOUNTS derived',
    );
    expect(progressAfter('TRANSACTIONS', page('1'), page('2'), listed('A', 'B'))).toBe(
      '2/2 ACCOUNTS derived',
    );
    expect(progressAfter('ACCOUNTS', listed('A', 'B'), page('1'))).toBeNull();
  });

  test.each([
    ['while Transactions is unobserved', [listed('A', 'B')]],
    ['while no account is known', [page('1')]],
    ['where more pages came than accounts are known', [listed('A'), page('1'), page('2')]],
    ['after an end without a single page', [listed('A'), { ...transactions, status: 'Finished' }]],
  ])('is null %s', (_, callbacks) => {
    expect(progressAfter('TRANSACTIONS', ...callbacks)).toBeNull();
  });
});
