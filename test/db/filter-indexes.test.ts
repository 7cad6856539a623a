import { beforeAll, expect, test } from 'vitest';
import { createCatchUp } from '../../src/db/read/catch-up.ts';
import type { Page } from '../../src/db/read/page.ts';
import { createReads, type Reads } from '../../src/db/read/reads.ts';
import type { Store } from '../../src/db/store.ts';
import { createRetention } from '../../src/db/upkeep/retention.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import { createLogger } from '../../src/logger.ts';
import { fillStore } from '../support/builders/fill-store.ts';
import { eachStore } from '../support/stores/stores.ts';
import { openWatchedStore, type WatchedStore } from '../support/stores/watched-store.ts';

const READER = { viewer: EXPLORER };
const MINUTE = 60_000;

/** The first page of what a filter admits, the newest first. */
const pageOf = <Filter, Field>(filter: Filter, field: Field): Page<Filter, Field> => ({
  filter,
  orderBy: { field, direction: 'DESC' },
  ...{ count: 20, from: 'start', after: null, before: null },
});

type Read = (reads: Reads) => Promise<unknown>;

/** What is read, and the indexes that must serve it. */
const READS: readonly (readonly [what: string, indexes: readonly string[], read: Read])[] = [
  [
    'sessions by the stage that decides their end',
    ['sessions_failed_stage'],
    ({ sessions }) => sessions.list(pageOf({ failedStage: ['TRANSACTIONS'] }, 'CREATED_AT'), READER),
  ],
  [
    'sessions that have stalled',
    ['sessions_outcome'],
    ({ sessions }) => sessions.list(pageOf({ stalled: true }, 'CREATED_AT'), READER),
  ],
  [
    'sessions that have not stalled',
    ['sessions_created'],
    ({ sessions }) => sessions.list(pageOf({ stalled: false }, 'CREATED_AT'), READER),
  ],
  [
    'sessions by a prefix',
    ['sessions_by_prefix', 'sessions_by_external'],
    ({ sessions }) => sessions.list(pageOf({ search: 'w00001' }, 'CREATED_AT'), READER),
  ],
  [
    'payments by a prefix',
    ['payments_by_prefix', 'payments_by_external'],
    ({ payments }) => payments.list(pageOf({ search: 'w00001' }, 'CREATED_AT'), READER),
  ],
  [
    'callbacks by a prefix',
    ['callbacks_by_session', 'callbacks_by_external'],
    ({ journal }) => journal.list(pageOf({ search: 'w00001' }, 'POSITION'), READER),
  ],
  [
    'sessions of a bank',
    ['sessions_bank'],
    ({ sessions }) => sessions.list(pageOf({ bankId: 'b7' }, 'CREATED_AT'), READER),
  ],
  [
    'sessions of a bank after a place in their middle',
    ['sessions_bank'],
    ({ sessions }) =>
      sessions.list(
        { ...pageOf({ bankId: 'b7' }, 'CREATED_AT'), after: { at: Date.now() - 10 * MINUTE, id: 'x' } },
        READER,
      ),
  ],
  [
    'callbacks of a bank',
    ['callbacks_bank'],
    ({ journal }) => journal.list(pageOf({ bankId: 'b7' }, 'POSITION'), READER),
  ],
  [
    'the overview',
    ['sessions_updated', 'payments_updated', 'callbacks_received_outcome'],
    ({ overview }) => overview(Date.now() - MINUTE, READER),
  ],
  [
    'the health of a bank',
    ['sessions_updated'],
    ({ bankHealth }) => bankHealth({ bankId: 'b1', minutes: 1 }, READER),
  ],
  [
    'banks by how many sessions failed',
    ['sessions_updated'],
    ({ bankList }) => bankList(pageOf(null, 'FAILED'), READER),
  ],
];

eachStore('among others, however many', (store) => {
  let watched: WatchedStore;
  let reads: Reads;

  beforeAll(async () => {
    watched = await openWatchedStore(store);
    await fillStore(watched.db, { stored: 6_000, touched: 300 });
    reads = createReads({ db: watched.db });
  });

  test.each(READS)('%s are found by an index', async (_, indexes, read) => {
    // The statement that finds the rows, and the one that reads those that memory does not have.
    const plans = await watched.plansOf(() => read(reads));
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      for (const index of indexes) expect(plan).toContain(index);
      expect(plan).not.toMatch(/Seq Scan on (sessions|payments|callbacks)/);
    }
  });

  test('what has stalled within a second, and since a cursor, is found by the index of pending sessions', async () => {
    const { sessions } = createCatchUp({ db: watched.db });
    const before = Date.now();
    for (const from of [before - 1_000, { rowAt: 6_000 }]) {
      const [plan = '', ...more] = await watched.plansOf(() =>
        sessions.stalled({ from, before, afterMs: 10 * MINUTE }, EXPLORER),
      );
      expect(more).toEqual([]);
      expect(plan).toContain('sessions_pending');
      expect(plan).not.toMatch(/Seq Scan on (sessions|callbacks)/);
    }
  });

  test('what is older than RETENTION_DAYS is found by indexes, and of the quarantined rows only what is as old', async () => {
    const write: Store['write'] = (work) => watched.db.transaction(work);
    const log = createLogger({ level: 'silent' });
    const run = async () => {
      const retention = createRetention({ store: { write }, days: 40, log, now: Date.now });
      await retention.run();
      await retention.close();
    };
    const plans = await watched.plansOf(run);
    for (const index of ['sessions_updated', 'payments_updated', 'callbacks_quarantined'])
      expect(plans.join('\n')).toContain(index);
    expect(plans.join('\n')).not.toMatch(/Seq Scan on (sessions|payments|callbacks)/);
  });
});
