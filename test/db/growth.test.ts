import { sql } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Page } from '../../src/db/read/page.ts';
import { createReads, type Reads } from '../../src/db/read/reads.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import { type Filling, fillStore } from '../support/builders/fill-store.ts';
import { person } from '../support/builders/viewers.ts';
import { LONG } from '../support/long.ts';
import { eachStore } from '../support/stores/stores.ts';
import { openWatchedStore, type WatchedStore } from '../support/stores/watched-store.ts';

const READER = { viewer: EXPLORER };
const OWNER = { viewer: person('u7') };
const MINUTE = 60_000;
const ROUNDS = 25;

const pageOf = <Filter, Field>(filter: Filter, field: Field): Page<Filter, Field> => ({
  filter,
  orderBy: { field, direction: 'DESC' },
  ...{ count: 20, from: 'start', after: null, before: null },
});

const READS: Readonly<Record<string, (reads: Reads) => Promise<unknown>>> = {
  'stalled: true': ({ sessions }) => sessions.list(pageOf({ stalled: true }, 'CREATED_AT'), READER),
  'stalled: false': ({ sessions }) => sessions.list(pageOf({ stalled: false }, 'CREATED_AT'), READER),
  'stalled, of an owner': ({ sessions }) => sessions.list(pageOf({ stalled: true }, 'CREATED_AT'), OWNER),
  'sessions, search few': ({ sessions }) => sessions.list(pageOf({ search: 'w00012' }, 'CREATED_AT'), READER),
  'sessions, search by external id': ({ sessions }) =>
    sessions.list(pageOf({ search: 'xw00012' }, 'CREATED_AT'), READER),
  'sessions, search none': ({ sessions }) =>
    sessions.list(pageOf({ search: 'nobody' }, 'CREATED_AT'), READER),
  'sessions, search all of the window': ({ sessions }) =>
    sessions.list(pageOf({ search: 'w' }, 'CREATED_AT'), READER),
  'sessions, search of an owner': ({ sessions }) =>
    sessions.list(pageOf({ search: 'w0000' }, 'CREATED_AT'), OWNER),
  'payments, search few': ({ payments }) => payments.list(pageOf({ search: 'w00012' }, 'CREATED_AT'), READER),
  'callbacks, search few': ({ journal }) => journal.list(pageOf({ search: 'w00012' }, 'POSITION'), READER),
  'callbacks, search none': ({ journal }) => journal.list(pageOf({ search: 'nobody' }, 'POSITION'), READER),
  'callbacks, search all of the window': ({ journal }) =>
    journal.list(pageOf({ search: 'w' }, 'POSITION'), READER),
  overview: ({ overview }) => overview(Date.now() - 60 * MINUTE, READER),
  'banks by FAILED': ({ bankList }) => bankList(pageOf(null, 'FAILED'), READER),
  'banks by STALLED': ({ bankList }) => bankList(pageOf(null, 'STALLED'), READER),
  'health of 20 banks': ({ bankHealth }) =>
    Promise.all(Array.from({ length: 20 }, (_, n) => bankHealth({ bankId: `b${n}`, minutes: 60 }, READER))),
};

const SIZES: readonly Filling[] = [
  { stored: 1_000, touched: 1_000 },
  { stored: 100_000, touched: 1_000 },
  { stored: 100_000, touched: 100_000 },
];

/** Milliseconds of a read: the median of some rounds. */
async function measure(run: () => Promise<unknown>): Promise<number> {
  for (let round = 0; round < 5; round++) await run();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await run();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

/** Prints a table: milliseconds at each size, and how the second compares with the first. */
describe.skipIf(!LONG)('what is looked at first', () => {
  eachStore('by the number stored', (store) => {
    const measured: Record<string, number[]> = {};
    let watched: WatchedStore;
    beforeAll(async () => {
      watched = await openWatchedStore(store);
      const { db } = watched;
      for (const size of SIZES) {
        await fillStore(db, size);
        const reads = createReads({ db });
        for (const [name, read] of Object.entries(READS)) {
          measured[name] = [...(measured[name] ?? []), await measure(() => read(reads))];
        }
        await db.execute(sql`truncate sessions, payments, callbacks, banks`);
      }
    }, 600_000);

    test('is measured', () => {
      const head = ['', ...SIZES.map(({ stored, touched }) => `${touched} of ${stored}`), 'ratio'];
      const rows = Object.entries(measured).map(([name, times]) => [
        name,
        ...times.map((time) => `${time.toFixed(2)} ms`),
        ((times[1] ?? 0) / (times[0] ?? 1)).toFixed(2),
      ]);
      const lines = [head, ...rows].map((cells) =>
        cells.map((cell, n) => (n === 0 ? cell.padEnd(36) : cell.padStart(18))).join(''),
      );
      process.stdout.write(`\n${store.kind}\n${lines.join('\n')}\n`);
      expect(Object.keys(measured)).toEqual(Object.keys(READS));
    });
  });
});
