import { expect, test } from 'vitest';
import { createStateCache } from '../../src/db/tables/state-cache.ts';
import { sessionOf } from '../support/builders/states.ts';

const HEAD = {
  ...{ position: 1, fingerprint: 'a', expectedStages: '', stamp: '7', server: 'server' },
  connections: 1,
};

test('keeps what was read or written last, with its stamp', () => {
  const cache = createStateCache();
  cache.keepSession(sessionOf({ sessionId: 'a' }, { version: 1 }), '7');
  cache.keepSession(sessionOf({ sessionId: 'a' }, { version: 2 }), '8');
  cache.keepBank({ bankId: 'bank-75', secondaryIdentifiers: [] }, '7');
  expect(cache.session('a')).toMatchObject({ state: { version: 2 }, stamp: '8' });
  expect(cache.bank('bank-75')).toMatchObject({ stamp: '7' });
  expect(cache.session('b')).toBe(undefined);
});

test.each([
  ['another server', 'other', 1],
  ['another connection', 'server', 2],
])('drops everything where rows come from %s, and says so', (_, server, connections) => {
  const cache = createStateCache();
  expect(cache.isOf('server', 1)).toBe(true);
  cache.keepSession(sessionOf({ sessionId: 'a' }), '7');
  cache.keepBank({ bankId: 'bank-75', secondaryIdentifiers: [] }, '7');
  cache.head = HEAD;
  expect(cache.isOf('server', 1)).toBe(true);
  expect(cache.session('a')).toBeDefined();
  expect(cache.isOf(server, connections)).toBe(false);
  expect([cache.session('a'), cache.bank('bank-75'), cache.head]).toEqual([undefined, undefined, null]);
  expect(cache.isOf(server, connections)).toBe(true);
});

test('is bounded by what its sessions hold: the ones used last stay', () => {
  const cache = createStateCache();
  const large = Array.from({ length: 990 }, (_, n) => ({ ...ACCOUNT, accountNumber: `BE${n}` }));
  for (let n = 0; n < 60; n++) {
    cache.session('0');
    cache.keepSession(sessionOf({ sessionId: `${n}`, accounts: large }), '7');
  }
  const kept = Array.from({ length: 60 }, (_, n) => n).filter((n) => cache.session(`${n}`) !== undefined);
  expect(kept).toEqual([0, ...Array.from({ length: 49 }, (_, n) => n + 11)]);
});

const ACCOUNT = {
  accountNumber: '',
  accountType: null,
  accountRelation: [],
  manualAccountRelation: null,
  reportedIn: {},
};
