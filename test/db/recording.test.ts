import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, test } from 'vitest';
import { createRecorder, type RecorderOptions } from '../../src/db/record/recorder.ts';
import type { Store } from '../../src/db/store.ts';
import type { Delivery } from '../../src/domain/journal/decide-batch.ts';
import type { JournalEntry } from '../../src/domain/journal/entry.ts';
import { unavailable } from '../../src/errors.ts';
import { createLogger } from '../../src/logger.ts';
import type { Wire } from '../support/builders/histories.ts';
import { at } from '../support/clients/client.ts';
import { deliverAll } from '../support/clients/flood.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { longOr } from '../support/long.ts';
import { DEFAULTS, deliveryOf } from '../support/stores/memory-store.ts';
import { openStoreOf, outletInto } from '../support/stores/recording.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';
import { expectTheFold, readTables } from '../support/stores/tables.ts';

const log = createLogger({ level: 'silent' });
const UNAVAILABLE = expect.objectContaining({ code: 'UNAVAILABLE', retryable: true });

// PGlite's folder opens once at a time, and the tests of a suite share it.
afterEach(closeAll);

/** One status of one session. */
function report(sessionId: string, status = 'InProgress', more: Wire = {}): Wire {
  return { sessionId, userId: 'user-anna', bankId: 'bank-75', stage: 'Accounts', status, ...more };
}

const now = (wire: Wire): Delivery => deliveryOf(wire, Date.now());

async function open(of: TestStore): Promise<Store> {
  const store = await openStoreOf(of);
  closeLater(() => store.close());
  return store;
}

/** A recorder whose published entries are kept. */
function recorderOf(store: Store, options: Partial<RecorderOptions> = {}) {
  const published: JournalEntry[] = [];
  const recorder = createRecorder({
    store,
    settings: DEFAULTS,
    outlet: outletInto(published),
    log,
    ...options,
  });
  closeLater(() => recorder.close());
  return { recorder, published, record: (wire: Wire) => recorder.record(now(wire)) };
}

eachStore('one callback delivered very often', (store) => {
  test(
    'is one journal row and one version, and every delivery is answered 200',
    async () => {
      const gateway = await startGateway(store.config());
      const times = longOr(10_000, 1_000);
      const body = JSON.stringify(report('session-1'));
      const answers = await deliverAll(gateway.url, Array<string>(times).fill(body), { connections: 50 });
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const outcomes = answers.map(({ text }) => at(JSON.parse(text), 'outcome'));
      expect(outcomes.filter((outcome) => outcome === 'recorded')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'repeated')).toHaveLength(times - 1);
      await gateway.close();

      const { rows, sessions, position } = await readTables((await open(store)).db);
      expect(rows).toMatchObject([{ deliveries: times, outcome: 'RECORDED', version: 1 }]);
      expect(sessions.get('session-1')).toMatchObject({ version: 1, position: 1 });
      expect(position).toBe(1);
    },
    longOr(120_000, 30_000),
  );
});

eachStore('a batch', (of) => {
  test('with one callback that the store refuses: that one is quarantined, all others are applied in time', async () => {
    const store = await open(of);
    await store.db.execute(sql`alter table sessions add constraint no_poison check (session_id <> 'poison')`);
    const { recorder, record, published } = recorderOf(store);
    const poison = longOr(617, 117);
    const wires = Array.from({ length: longOr(1_000, 200) }, (_, n) =>
      report(n === poison ? 'poison' : `batch-${n}`),
    );
    const receipts = await Promise.all(wires.map(record));

    expect(receipts.filter(({ outcome }) => outcome === 'recorded')).toHaveLength(wires.length - 1);
    expect(receipts[poison]).toMatchObject({
      outcome: 'quarantined',
      reason: expect.stringMatching(/^store: /),
    });
    const again = await record(report('poison'));
    expect(again).toEqual(receipts[poison]);
    await recorder.close();

    const tables = await readTables(store.db);
    expect(tables.rows.filter(({ outcome }) => outcome === 'QUARANTINED')).toMatchObject([
      { sessionId: 'poison', attempt: 0, deliveries: 2, path: '', changed: [], version: null },
    ]);
    expectTheFold(tables, DEFAULTS);
    expect(published.map(({ position }) => position)).toEqual(tables.rows.map(({ position }) => position));
  });

  test('holds all that came while another was written: fewer transactions than callbacks', async () => {
    const store = await open(of);
    let transactions = 0;
    const { writeAtOnce } = store;
    if (writeAtOnce === null) throw new Error('this store writes at once');
    const counted: Store = {
      ...store,
      write: (work) => {
        transactions += 1;
        return store.write(work);
      },
      writeAtOnce: (statement) => {
        transactions += 1;
        return writeAtOnce(statement);
      },
    };
    const { record } = recorderOf(counted);
    const first = record(report('first'));
    const others = Array.from({ length: 400 }, (_, n) => record(report(`group-${n}`)));
    await Promise.all([first, ...others]);
    expect(transactions).toBeLessThanOrEqual(2);
    await record(report('alone'));
    expect(transactions).toBeLessThanOrEqual(3);
  });

  test('answers in the order of delivery, and a repeat within it names the row it repeats', async () => {
    const { record } = recorderOf(await open(of));
    const wires = ['InProgress', 'Initiated', 'InProgress', 'Finished', 'Initiated'].map((s) =>
      report('order', s),
    );
    const receipts = await Promise.all(wires.map(record));
    const [first = { position: 0 }] = receipts;
    expect(receipts.map(({ outcome, position }) => [outcome, position - first.position])).toEqual([
      ['recorded', 0],
      ['late', 1],
      ['repeated', 0],
      ['recorded', 2],
      ['repeated', 1],
    ]);
  });
});

eachStore('a callback that names another owner', (of) => {
  const payment = (externalId: string | null, paymentStatus: string): Wire => ({
    ...{ paymentId: 'payment-1', bank: { id: 75 } },
    ...{ paymentStatus, user: { externalId } },
  });

  test.each([
    ['session', report('owned'), report('owned', 'Finished', { userId: 'user-berta' }), '/userId'],
    ['payment', payment('user-anna', 'Created'), payment('user-berta', 'Completed'), '/user/externalId'],
  ])('is quarantined, and so are its repeats: %s', async (_, owners, strangers, path) => {
    const store = await open(of);
    const { recorder, record } = recorderOf(store);
    // In one batch with the owner's, then alone.
    const [recorded, stranger] = await Promise.all([record(owners), record(strangers)]);
    expect(recorded.outcome).toBe('recorded');
    expect(stranger).toMatchObject({
      outcome: 'quarantined',
      reason: expect.stringContaining('another owner'),
    });
    expect(await record(strangers)).toEqual(stranger);
    expect(await record(owners)).toMatchObject({ outcome: 'repeated', position: recorded.position });
    await recorder.close();

    const tables = await readTables(store.db);
    expect(tables.rows.find(({ position }) => position === stranger.position)).toMatchObject({
      path,
      deliveries: 2,
    });
    expect(tables.sessions.get('owned')?.userId ?? 'user-anna').toBe('user-anna');
    expect(tables.payments.get('payment-1')?.user.externalId ?? 'user-anna').toBe('user-anna');
    expectTheFold(tables, DEFAULTS);
  });
});

eachStore('a recorder that cannot record', (of) => {
  /** A store whose writes end when the test says so. */
  function held(store: Store) {
    let release = (_: Error) => {};
    const gate = new Promise<never>((_, reject) => {
      release = reject;
    });
    gate.catch(() => {});
    return {
      store: { ...store, write: () => gate },
      release: () => release(unavailable('The store is away.')),
    };
  }

  test('answers UNAVAILABLE within its deadline, even where the store hangs', async () => {
    const { store, release } = held(await open(of));
    const { record } = recorderOf(store);
    const began = performance.now();
    await expect(record(report('a'))).rejects.toEqual(UNAVAILABLE);
    expect(performance.now() - began).toBeGreaterThan(2_000);
    expect(performance.now() - began).toBeLessThan(2_900);
    release();
  });

  test('takes no more than it can hold, and says so at once', async () => {
    const { store, release } = held(await open(of));
    const { recorder } = recorderOf(store);
    // Bodies of the largest size: 64 MiB of them are all that may wait behind the batch that is being written.
    const large = { ...now(report('a')), body: new Uint8Array(256 * 1024) };
    const first = recorder.record(large);
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = Array.from({ length: 256 }, () => recorder.record(large));
    const began = performance.now();
    await expect(recorder.record(large)).rejects.toEqual(UNAVAILABLE);
    expect(performance.now() - began).toBeLessThan(100);
    release();
    const settled = await Promise.allSettled([first, ...waiting]);
    expect(settled.map((each) => each.status === 'rejected' && each.reason)).toEqual(
      settled.map(() => UNAVAILABLE),
    );
  });

  test('once closed takes nothing, and what it took before is answered', async () => {
    const { recorder, record, published } = recorderOf(await open(of));
    const taken = Array.from({ length: 20 }, (_, n) => record(report(`closing-${n}`)));
    const closing = recorder.close();
    await expect(record(report('too late'))).rejects.toEqual(UNAVAILABLE);
    await closing;
    expect((await Promise.all(taken)).map(({ outcome }) => outcome)).toEqual(taken.map(() => 'recorded'));
    expect(published).toHaveLength(20);
  });
});

eachStore('two recorders of the same sessions', (of) => {
  test('each go on from what the other wrote last', async () => {
    const store = await open(of);
    const other = of.kind === 'pglite' ? store : await open(of);
    const [a, b] = [recorderOf(store), recorderOf(other)];
    const accounts = (...numbers: string[]) => ({
      details: { accounts: numbers.map((accountNumber) => ({ accountNumber })) },
    });
    const road: [typeof a, string, string, Wire][] = [
      [a, 'Authentication', 'Initiated', {}],
      [a, 'Authentication', 'InProgress', {}],
      [b, 'Authentication', 'Finished', {}],
      [b, 'Accounts', 'Initiated', {}],
      [a, 'Accounts', 'InProgress', accounts('BE1', 'BE2')],
      [b, 'Accounts', 'InProgress', accounts('BE3')],
      [a, 'Accounts', 'Finished', {}],
      [b, 'Transactions', 'InProgress', accounts('BE4')],
      [b, 'Transactions', 'InProgress', accounts('BE5')],
      [a, 'Transactions', 'Failed', {}],
    ];
    const names = ['shared-1', 'shared-2', 'shared-3'];
    for (const [{ record }, stage, status, more] of road) {
      await Promise.all(names.map((name) => record({ ...report(name, status, more), stage })));
    }
    const tables = await readTables(store.db);
    expectTheFold(tables, DEFAULTS);
    const versions = names.map((name) => tables.sessions.get(name)?.version);
    expect(versions).toEqual(names.map(() => road.length));
  });
});

eachStore('more sessions than a recorder keeps in mind', (of) => {
  test('are all gone on with, in one batch', async () => {
    const store = await open(of);
    const { record } = recorderOf(store);
    const names = Array.from({ length: 300 }, (_, n) => `many-${n}`);
    const accounts = Array.from({ length: 200 }, (_, n) => ({ accountNumber: `BE${n}` }));
    for (const [status, more] of [
      ['InProgress', { details: { accounts } }],
      ['Finished', {}],
      ['Failed', {}],
    ] as const) {
      await Promise.all(names.map((name) => record(report(name, status, more))));
    }
    expectTheFold(await readTables(store.db), DEFAULTS);
  });
});

eachStore('two recorders on one store', (of) => {
  describe.skipIf(of.kind === 'pglite')('which one process cannot share', () => {
    test('give positions without a gap, in the order of commits', async () => {
      const stores = await Promise.all([open(of), open(of)]);
      const recorders = stores.map((store) => recorderOf(store));
      const watcher = await open(of);
      let watching = true;
      const watched = (async () => {
        const seen: unknown[] = [];
        while (watching) {
          // Of one moment: a position given earlier and committed later would be a hole here.
          const rows = await watcher.db.execute(
            sql`select count(*)::int as n, coalesce(max(position), 0)::int as last, (select position from store)::int as head from callbacks`,
          );
          seen.push(JSON.parse(JSON.stringify(rows))[0]);
        }
        return seen;
      })();
      for (let wave = 0; wave < longOr(40, 8); wave++) {
        await Promise.all(
          recorders.flatMap(({ record }, who) =>
            Array.from({ length: 60 }, (_, n) =>
              record(report(`both-${n % 30}`, 'InProgress', { who, wave, n })),
            ),
          ),
        );
      }
      watching = false;
      const seen = await watched;
      expect(seen.length).toBeGreaterThan(5);
      for (const moment of seen) {
        expect(at(moment, 'last')).toBe(at(moment, 'n'));
        expect(at(moment, 'head')).toBe(at(moment, 'n'));
      }
      await Promise.all(recorders.map(({ recorder }) => recorder.close()));
      const tables = await readTables(watcher.db);
      expect(tables.rows).toHaveLength(longOr(40, 8) * 120);
      expectTheFold(tables, DEFAULTS);
      for (const { published } of recorders) {
        const positions = published.map(({ position }) => position);
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
      }
    });
  });
});

/** Resolves when what follows an answer in its turn of the event loop, and publishing, is done. */
const nextTurns = async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Positions that follow each other. */
const expectInOrder = (published: readonly JournalEntry[], count: number) => {
  const [first] = published;
  expect(published.map(({ position }) => position - (first?.position ?? 0))).toEqual(
    Array.from({ length: count }, (_, n) => n),
  );
};

eachStore('the callers of a batch', (of) => {
  test('are answered while the next batch is written, and are no longer waited for', async () => {
    const store = await open(of);
    const events: string[] = [];
    const later: Promise<unknown>[] = [];
    const emit = {
      batchBegan: () => events.push('began'),
      batchWritten: () => {
        // They come while the first one's batch is in the store.
        if (events.length === 1) later.push(record(report('two')), record(report('three')));
      },
      batchCommitted: ({ callbacks }: { callbacks: number }) => events.push(`committed ${callbacks}`),
      batchAnswered: ({ callbacks }: { callbacks: number }) => events.push(`answered ${callbacks}`),
    };
    const { recorder, record, published } = recorderOf(store, {
      // cast: only these are listened to
      emit: emit as unknown as NonNullable<RecorderOptions['emit']>,
    });
    await record(report('one'));
    await Promise.all(later);
    await nextTurns();
    expect(events).toEqual(['began', 'committed 1', 'began', 'answered 1', 'committed 2', 'answered 2']);
    expect(recorder.waiting).toBe(0);
    expect(recorder.waitedMs).toBe(0);
    expectInOrder(published, 3);
  });

  test('are answered and published although the next batch fails', async () => {
    const store = await open(of);
    let fails = false;
    const failing: Store = {
      ...store,
      write: (work) =>
        fails ? Promise.reject(unavailable('The store cannot be reached.')) : store.write(work),
      writeAtOnce: (statement) =>
        fails
          ? Promise.reject(unavailable('The store cannot be reached.'))
          : (store.writeAtOnce?.(statement) ?? Promise.reject(new Error('this store writes at once'))),
    };
    const { recorder, record, published } = recorderOf(failing);
    await record(report('known too'));
    const kept = record(report('kept'));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const refused = record(report('refused'));
    fails = true;
    expect(await kept).toMatchObject({ outcome: 'recorded' });
    await expect(refused).rejects.toEqual(UNAVAILABLE);
    fails = false;
    expect(await record(report('after'))).toMatchObject({ outcome: 'recorded' });
    await nextTurns();
    expectInOrder(published, 3);
    expect(recorder.waiting).toBe(0);
  });

  test('are answered although a batch cannot be published, and the next is written', async () => {
    const store = await open(of);
    let abandoned = 0;
    const outlet = {
      announce: () => ({
        committed() {
          throw new Error('it cannot be published');
        },
        abandoned() {
          abandoned += 1;
        },
      }),
    };
    const { record } = recorderOf(store, { outlet });
    for (const id of ['unpublished-1', 'unpublished-2', 'unpublished-3'])
      expect(await record(report(id))).toMatchObject({ outcome: 'recorded' });
    await nextTurns();
    expect(abandoned).toBe(3);
  });

  test('wait for no rest of a long session that they have no part in, and neither does closing', async () => {
    const store = await open(of);
    let slow = false;
    const slowly = async <T>(work: () => Promise<T>): Promise<T> => {
      if (slow) await new Promise((resolve) => setTimeout(resolve, 200));
      return work();
    };
    const slowStore: Store = {
      ...store,
      write: (work) => slowly(() => store.write(work)),
      writeAtOnce: (statement) =>
        slowly(
          () => store.writeAtOnce?.(statement) ?? Promise.reject(new Error('this store writes at once')),
        ),
    };
    const long = (n: number) =>
      report('long', 'InProgress', {
        details: { accounts: Array.from({ length: 300 }, (_, k) => ({ accountNumber: `BE${n}-${k}` })) },
      });
    const later: Promise<unknown>[] = [];
    const emit = {
      batchWritten: () => {
        // Nothing but the long session waits when the batch is committed.
        if (slow && later.length === 0) later.push(record(long(2)));
      },
    };
    const { recorder, record } = recorderOf(slowStore, {
      // cast: only this is listened to
      emit: emit as unknown as NonNullable<RecorderOptions['emit']>,
    });
    await record(long(0));
    await record(report('another'));
    slow = true;
    let took = Number.POSITIVE_INFINITY;
    const [first] = await Promise.all([
      record(long(1)).then(async (receipt) => {
        slow = false;
        const began = performance.now();
        await record(report('short'));
        took = performance.now() - began;
        return receipt;
      }),
      record(report('another', 'Initiated')),
    ]);
    expect(first.outcome).toBe('recorded');
    // The rest would take 600 ms.
    expect(took).toBeLessThan(400);
    const began = performance.now();
    await recorder.close();
    expect(performance.now() - began).toBeLessThan(400);
    await Promise.all(later);
  });
});
