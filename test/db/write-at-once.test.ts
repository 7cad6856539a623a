import { eq, sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { lockForWriting } from '../../src/db/locks.ts';
import { createRecorder } from '../../src/db/record/recorder.ts';
import { decidePresumed, type Presumed, presume, writeAtOnce } from '../../src/db/record/write-at-once.ts';
import { banks, sessions, store as storeTable } from '../../src/db/schema.ts';
import type { Store } from '../../src/db/store.ts';
import { createStateCache, type StateCache } from '../../src/db/tables/state-cache.ts';
import { erase } from '../../src/db/upkeep/erase.ts';
import { settleOutcomes } from '../../src/db/upkeep/recompute-outcomes.ts';
import type { Delivery } from '../../src/domain/journal/decide-batch.ts';
import type { JournalEntry } from '../../src/domain/journal/entry.ts';
import { fingerprintOf } from '../../src/domain/journal/fingerprint.ts';
import { unavailable } from '../../src/errors.ts';
import { createLogger } from '../../src/logger.ts';
import type { Wire } from '../support/builders/histories.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { DEFAULTS, deliveryOf } from '../support/stores/memory-store.ts';
import { openStoreOf, outletInto } from '../support/stores/recording.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';
import { expectTheFold, readTables } from '../support/stores/tables.ts';

const log = createLogger({ level: 'silent' });

// PGlite's folder opens once at a time, and the tests of a suite share it.
afterEach(closeAll);

function report(sessionId: string, status = 'InProgress', more: Wire = {}): Wire {
  return {
    ...{ sessionId, userId: 'user-anna', bankId: 'bank-75', stage: 'Accounts', status },
    ...more,
  };
}

const now = (wire: Wire): Delivery => deliveryOf(wire, Date.now());

async function open(of: TestStore): Promise<Store> {
  const store = await openStoreOf(of);
  closeLater(() => store.close());
  return store;
}

/** The suite's store, emptied: some tests leave what is no fold of its journal. */
async function openEmpty(of: TestStore): Promise<Store> {
  const store = await open(of);
  await store.db.execute(sql`truncate callbacks, sessions, payments, banks`);
  await store.db.execute(sql`update store set position = 0, lowest = 0`);
  return store;
}

type Way = 'locked' | 'at once' | 'refused at once';

/** A recorder that says which way each of its batches took. */
function recorderOf(store: Store, afterStatement: () => void = () => {}) {
  const ways: Way[] = [];
  const published: JournalEntry[] = [];
  const { writeAtOnce: sendAtOnce } = store;
  const watched: Store = {
    ...store,
    // A getter of the store that is spread would be read once.
    get connections() {
      return store.connections;
    },
    write(work) {
      ways.push('locked');
      return store.write(work);
    },
    async writeAtOnce(statement) {
      if (sendAtOnce === null) throw new Error('this store has no such way');
      ways.push('refused at once');
      const result = await sendAtOnce(statement);
      if (result !== null) ways.splice(-1, 1, 'at once');
      afterStatement();
      return result;
    },
  };
  const cache = createStateCache();
  const recorder = createRecorder({
    ...{ store: watched, settings: DEFAULTS, outlet: outletInto(published), cache, log },
  });
  closeLater(() => recorder.close());
  const record = (...wires: Wire[]) => Promise.all(wires.map((wire) => recorder.record(now(wire))));
  return { recorder, record, ways, published, cache };
}

/** Everything that the store holds is the fold of its journal, and each row's fingerprint that of all before it. */
async function expectSound({ db }: Store): Promise<void> {
  const tables = await readTables(db);
  expectTheFold(tables, DEFAULTS);
  const [head] = await db.select().from(storeTable);
  let before = tables.rows[0]?.fingerprint ?? '';
  for (const row of tables.rows.slice(1)) {
    before = fingerprintOf(before, row);
    expect(row.fingerprint).toBe(before);
  }
  expect(head?.fingerprint).toBe(before);
}

eachStore('a batch that needs no reading', (of) => {
  test('is written at once: sessions that are new, and those that this process wrote last', async () => {
    const store = await openEmpty(of);
    const { recorder, record, ways, published } = recorderOf(store);
    await record(report('a'));
    await record(report('a', 'Finished'), report('b'), report('c'));
    await record(report('b', 'Failed'), report('c', 'Initiated'));
    expect(ways).toEqual(['locked', 'at once', 'at once']);
    await recorder.close();
    expect(published.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6]);
    const { sessions } = await readTables(store.db);
    expect(sessions.get('a')).toMatchObject({ status: 'FINISHED', version: 2 });
    expect(sessions.get('c')).toMatchObject({ status: 'IN_PROGRESS', version: 2 });
    await expectSound(store);
  });

  test('goes on from lists that were written before and did not change', async () => {
    const store = await openEmpty(of);
    const { record, ways } = recorderOf(store);
    const details = { accounts: [{ accountNumber: 'BE1' }, { accountNumber: 'BE2' }] };
    await record(report('a', 'InProgress', { details }));
    await record(report('a', 'Finished'));
    await record(report('a', 'Initiated', { stage: 'Transactions' }));
    expect(ways).toEqual(['locked', 'at once', 'at once']);
    await expectSound(store);
  });

  test.each<[string, (record: (...wires: Wire[]) => Promise<unknown>) => Promise<unknown>]>([
    ['a payment', (record) => record({ ...payment(), paymentId: 'p' }, report('b'))],
    ['what cannot be applied', (record) => record(report('b', 'NoStatus'))],
    ['another owner', (record) => record(report('a', 'Finished', { userId: 'user-berta' }))],
    ['a bank that is unknown', (record) => record(report('b', 'InProgress', { bankId: 'bank' }))],
    ['a repeat within the batch', (record) => record(report('b'), report('b'))],
  ])('is another one with %s', async (_, send) => {
    const store = await openEmpty(of);
    const { record, ways } = recorderOf(store);
    await record(report('a'));
    await send(record);
    expect(ways).toEqual(['locked', 'locked']);
    await expectSound(store);
  });

  const payment = (): Wire => ({ bank: { id: 75 }, paymentStatus: 'Created', user: { externalId: 'anna' } });
});

eachStore('what was presumed and is not so', (of) => {
  test('an existing session that is not in the cache: it is gone on with', async () => {
    const store = await openEmpty(of);
    await recorderOf(store).record(report('a', 'Initiated'), report('b'));
    const { recorder, record, ways, published } = recorderOf(store);
    await record(report('b', 'Finished'));
    const [receipt] = await record(report('a', 'Finished'));
    expect(ways).toEqual(['locked', 'refused at once', 'locked']);
    expect(receipt?.outcome).toBe('recorded');
    const { sessions } = await readTables(store.db);
    expect(sessions.get('a')).toMatchObject({ version: 2, status: 'FINISHED' });
    await recorder.close();
    expect(published.map(({ position }) => position)).toEqual([3, 4]);
    await expectSound(store);
  });

  test('a callback that was recorded before: it is a repeat, counted once', async () => {
    const store = await openEmpty(of);
    const { record, ways } = recorderOf(store);
    const [first] = await record(report('a'));
    const [again] = await record(report('a'));
    expect(ways).toEqual(['locked', 'refused at once', 'locked']);
    expect(again).toEqual({ outcome: 'repeated', position: first?.position });
    const { rows } = await readTables(store.db);
    expect(rows.find(({ position }) => position === first?.position)).toMatchObject({ deliveries: 2 });
    await expectSound(store);
  });

  test('another instance has written: nothing of it is folded over', async () => {
    const store = await openEmpty(of);
    const a = recorderOf(store);
    const b = recorderOf(of.kind === 'pglite' ? store : await open(of));
    await a.record(report('s', 'Initiated'));
    await b.record(report('s', 'InProgress'), report('t'));
    await a.record(report('s', 'Finished'), report('u'));
    expect(a.ways).toEqual(['locked', 'refused at once', 'locked']);
    await b.record(report('t', 'Finished'));
    await a.record(report('s', 'Failed'));
    const { sessions } = await readTables(store.db);
    expect(sessions.get('s')).toMatchObject({ version: 4, conflict: true });
    await expectSound(store);
  });

  test('a session was deleted: it begins again', async () => {
    const store = await openEmpty(of);
    const { record, ways } = recorderOf(store);
    await record(report('a'), report('b'));
    await erase(store, async () => ({ sessions: ['a'], payments: [], positions: [] }));
    await record(report('a', 'Finished'));
    expect(ways).toEqual(['locked', 'refused at once', 'locked']);
    const [row] = await store.db.select().from(sessions).where(eq(sessions.sessionId, 'a'));
    expect(row).toMatchObject({ version: 1, status: 'FINISHED' });
  });

  test('anything else was done under the lock: what it altered is not asked', async () => {
    const store = await openEmpty(of);
    const { record, ways } = recorderOf(store);
    await record(report('a'));
    await store.write((tx) => tx.execute(lockForWriting));
    await record(report('a', 'Finished'));
    expect(ways).toEqual(['locked', 'refused at once', 'locked']);
    await expectSound(store);
  });

  test('EXPECTED_STAGES of the store are others by now: outcomes are by those', async () => {
    const store = await openEmpty(of);
    const { record, ways } = recorderOf(store);
    await settleOutcomes(store, DEFAULTS.expectedStages);
    await record(report('a'), report('b'));
    await settleOutcomes(store, ['ACCOUNTS']);
    await record(report('a', 'Finished'));
    expect(ways).toEqual(['locked', 'refused at once', 'locked']);
    const [row] = await store.db.select().from(sessions).where(eq(sessions.sessionId, 'a'));
    expect(row).toMatchObject({ outcome: 'SUCCEEDED' });
    await settleOutcomes(store, DEFAULTS.expectedStages);
  });

  test('the store refuses a row: that one is quarantined, the others of its batch are recorded', async () => {
    const store = await openEmpty(of);
    await store.db.execute(
      sql`alter table sessions add constraint no_poison check (session_id not like '%poison')`,
    );
    const { record, ways } = recorderOf(store);
    await record(report('a'));
    const receipts = await record(report('b'), report('poison'), report('c'));
    expect(ways.slice(0, 3)).toEqual(['locked', 'refused at once', 'locked']);
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['recorded', 'quarantined', 'recorded']);
    await expectSound(store);
    await store.db.execute(sql`alter table sessions drop constraint no_poison`);
  });
});

eachStore('a statement whose end is not known', (of) => {
  test('is written once all the same, though its sender comes again', async () => {
    const store = await openEmpty(of);
    let isLost = false;
    const { record, ways } = recorderOf(store, () => {
      if (isLost) throw unavailable('The connection was lost.');
    });
    await record(report('a'));
    isLost = true;
    await expect(record(report('a', 'Finished'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    isLost = false;
    const [again] = await record(report('a', 'Finished'));
    expect(again?.outcome).toBe('repeated');
    await record(report('a', 'Failed'));
    expect(ways).toEqual(['locked', 'at once', 'locked', 'at once']);
    await expectSound(store);
  });
});

eachStore('the statement', (of) => {
  const FALSE: Readonly<Record<string, (presumed: Presumed) => Presumed>> = {
    'the head is at another position': (presumed) =>
      withHead(presumed, { position: presumed.head.position - 1 }),
    'the head has another fingerprint': (presumed) => withHead(presumed, { fingerprint: '0123456789abcdef' }),
    'the row of the store was written again': (presumed) => withHead(presumed, { stamp: '3' }),
    'the server is another one': (presumed) => withHead(presumed, { server: '1 2026-01-01 00:00:00+00' }),
    'a session was written again': (presumed) => withRows(presumed, { sessions: [{ id: 'a', stamp: '3' }] }),
    'a session exists': (presumed) => withRows(presumed, { sessions: [{ id: 'a', stamp: null }] }),
    'a session is gone': (presumed) => withRows(presumed, { sessions: [{ id: 'none', stamp: '3' }] }),
    'a bank was written again': (presumed) => withRows(presumed, { banks: [{ id: 'bank-75', stamp: '3' }] }),
  };
  const withHead = (presumed: Presumed, head: Partial<Presumed['head']>): Presumed => ({
    ...presumed,
    head: { ...presumed.head, ...head },
  });
  const withRows = (presumed: Presumed, rows: Partial<Presumed['rows']>): Presumed => ({
    ...presumed,
    rows: { ...presumed.rows, ...rows },
  });

  function decide(cache: StateCache, wire: Wire) {
    const deliveries = [now(wire)];
    const presumed = presume(deliveries, cache);
    const applied = presumed === null ? null : decidePresumed(deliveries, presumed, DEFAULTS);
    if (presumed === null || applied === null) throw new Error('the batch can be presumed');
    return { presumed, applied };
  }

  async function everything({ db }: Store) {
    const { rows, sessions } = await readTables(db);
    return {
      rows,
      sessions,
      store: await db.select().from(storeTable),
      banks: await db.select().from(banks),
    };
  }

  test.each(Object.entries(FALSE))('writes nothing where %s', async (_, falsify) => {
    const store = await openEmpty(of);
    const { record, cache } = recorderOf(store);
    await record(report('a'));
    const before = await everything(store);
    const { presumed, applied } = decide(cache, report('a', 'Finished'));
    const sent = store.writeAtOnce?.((db) => writeAtOnce(db, falsify(presumed), applied, false));
    expect(await sent).toBe(null);
    expect(await everything(store)).toEqual(before);
    // And it does write where nothing is false.
    const head = await store.writeAtOnce?.((db) => writeAtOnce(db, presumed, applied, false));
    expect(head).toMatchObject({ position: presumed.head.position + 1 });
  });

  test('writes nothing of a callback whose digest the journal has', async () => {
    const store = await openEmpty(of);
    const { record, cache } = recorderOf(store);
    await record(report('a'));
    const before = await everything(store);
    const { presumed, applied } = decide(cache, report('a'));
    expect(await store.writeAtOnce?.((db) => writeAtOnce(db, presumed, applied, false))).toBe(null);
    expect(await everything(store)).toEqual(before);
  });

  test.skipIf(of.kind === 'pglite')(
    'writes nothing while another instance has the lock, and does not wait',
    async () => {
      const store = await openEmpty(of);
      const { record, cache } = recorderOf(store);
      await record(report('a'));
      const { presumed, applied } = decide(cache, report('a', 'Finished'));
      const other = postgres(of.databaseUrl ?? '', { max: 1, onnotice: () => {} });
      closeLater(() => other.end());
      await other.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(7226255201)`;
        expect(await store.writeAtOnce?.((db) => writeAtOnce(db, presumed, applied, false))).toBe(null);
      });
      await expectSound(store);
    },
  );

  test.skipIf(of.kind === 'pglite')(
    'writes nothing where it waited for a row that another transaction then has changed',
    async () => {
      const store = await openEmpty(of);
      const { record, cache } = recorderOf(store);
      await record(report('a'));
      const { presumed, applied } = decide(cache, report('a', 'Finished'));
      const other = postgres(of.databaseUrl ?? '', { max: 2, onnotice: () => {} });
      closeLater(() => other.end());
      const { sent } = await other.begin(async (tx) => {
        // Neither position nor fingerprint says that the session was changed: the row's xmin does.
        await tx`update store set position = position`;
        await tx`update sessions set version = 7 where session_id = ${'a'}`;
        const sent = store.writeAtOnce?.((db) => writeAtOnce(db, presumed, applied, false));
        await waitsForRow(other);
        return { sent };
      });
      expect(await sent).toBe(null);
      const tables = await readTables(store.db);
      expect(tables.rows).toHaveLength(presumed.head.position);
      expect(tables.sessions.get('a')).toMatchObject({ version: 7, status: 'IN_PROGRESS' });
      await store.db.update(sessions).set({ version: 1 }).where(eq(sessions.sessionId, 'a'));
    },
  );

  async function waitsForRow(by: postgres.Sql): Promise<void> {
    while (true) {
      const [waiting] = await by`select 1 from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like 'with "incoming"%'`;
      if (waiting !== undefined) return;
    }
  }
});
