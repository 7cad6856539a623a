import { expect, test } from 'vitest';
import { createLongSessions } from '../../src/db/record/long-sessions.ts';
import { createStateCache } from '../../src/db/tables/state-cache.ts';
import type { Delivery } from '../../src/domain/journal/decide-batch.ts';
import { sessionOf } from '../support/builders/states.ts';
import { deliveryOf } from '../support/stores/memory-store.ts';

const accounts = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ accountNumber: `BE${from + n}`, accountType: null },
    ...{ accountRelation: [], manualAccountRelation: null },
  }));

/** Sessions of so many accounts, by their names, at a time that only the test moves. */
function setUp(parts: Readonly<Record<string, number>>) {
  const cache = createStateCache();
  for (const [sessionId, count] of Object.entries(parts)) {
    cache.keepSession(sessionOf({ sessionId, accounts: accounts(count) }), '7');
  }
  const clock = { now: 0 };
  return { clock, long: createLongSessions(cache, () => clock.now) };
}

function status(sessionId: string): Delivery {
  const wire = { sessionId, userId: 'anna', bankId: '75', stage: 'Accounts', status: 'InProgress' };
  return deliveryOf(wire, 0);
}

function withAccounts(sessionId: string): Delivery {
  const wire = { sessionId, userId: 'anna', bankId: '75', stage: 'Accounts', status: 'InProgress' };
  return deliveryOf({ ...wire, details: { accounts: accounts(1, 5_000) } }, 0);
}

const identity = (delivery: Delivery) => delivery;

test('a batch that alters a long session is followed by a rest of four times as long, while others send too', () => {
  const { clock, long } = setUp({ long: 300, short: 20 });
  const deliveries = [withAccounts('long'), status('long'), withAccounts('short'), status('long')];
  expect(long.sort(deliveries, identity).later).toEqual([]);
  long.wrote(deliveries, 50);
  expect(long.restMs()).toBe(200);
  const { now, later } = long.sort(deliveries, identity);
  // The session's order is kept: what comes after the one that waits waits too.
  expect(later).toEqual([deliveries[0], deliveries[1], deliveries[3]]);
  expect(now).toEqual([deliveries[2]]);
  clock.now = 200;
  expect(long.restMs()).toBe(0);
  expect(long.sort(deliveries, identity).later).toEqual([]);
});

test('a status of a long session that leaves its lists alone does not wait', () => {
  const { long } = setUp({ long: 300, short: 20 });
  long.wrote([withAccounts('long'), status('short')], 50);
  const deliveries = [status('long'), status('long')];
  expect(long.sort(deliveries, identity).now).toEqual(deliveries);
});

test('nothing rests for longer than 600 ms, nor where nobody else sends anything', () => {
  const { clock, long } = setUp({ long: 300, short: 20 });
  long.wrote([withAccounts('long'), status('short')], 1_000);
  expect(long.restMs()).toBe(600);
  clock.now = 2_000;
  long.wrote([withAccounts('long')], 1_000);
  expect(long.restMs()).toBe(0);
});

test('one batch alters no more than 10,000 accounts and pages of long sessions, and one session at least', () => {
  const names = Array.from({ length: 12 }, (_, n) => `long-${n}`);
  const { long } = setUp(Object.fromEntries(names.map((name) => [name, 990])));
  const deliveries = names.map(withAccounts);
  expect(long.sort(deliveries, identity).later).toEqual(deliveries.slice(10));
});
