import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { parseApplied } from '../../src/callbacks/parse/parse.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { body } from '../support/builders/samples.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { LONG } from '../support/long.ts';
import { DEFAULTS } from '../support/stores/memory-store.ts';
import { startPostgresProxy } from '../support/stores/postgres-proxy.ts';
import { openRecording, openStoreOf, recordAgain } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';
import { expectTheFold, readTables } from '../support/stores/tables.ts';

afterEach(closeAll);

const TABLES = ['callbacks', 'sessions', 'payments', 'banks', 'store'] as const;

let marks = 0;
const session = (sessionId: string, bankId: string) => {
  marks += 1;
  return body({ marks, sessionId, userId: 'u', bankId, stage: 'Accounts', status: 'InProgress' });
};
const payment = (paymentId: string) => {
  marks += 1;
  return body({
    ...{ marks, paymentId, bank: { id: 'bank-75' }, user: { externalId: 'u' } },
    paymentStatus: 'InProgress',
  });
};

/** By what a batch is written: known sessions alone at once; all else in a transaction. */
const BATCHES = {
  'at once': (round: string) => [session('known', 'bank-75'), session(`new ${round}`, 'bank-75')],
  locked: (round: string) => [
    ...[session('known', 'bank-75'), session(`new ${round}`, `bank ${round}`), payment('known')],
    ...[payment(`new ${round}`), body({ round })],
  ],
};

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

eachStore('a batch that the store fails', (on) => {
  test('at any of its statements, or at COMMIT, is written whole or not at all, and once when it comes again', async () => {
    const recording = await openRecording(on);
    const { store } = recording;
    await store.db.execute(sql`
      create function fail() returns trigger language plpgsql as
      $$ begin raise exception 'full' using errcode = '53100'; end $$`);
    await recordAgain(recording, session('known', 'bank-75'));
    await recordAgain(recording, payment('known'));
    const sent: Uint8Array[] = [];
    const failed: string[] = [];
    for (const [way, batchOf] of Object.entries(BATCHES))
      for (const table of TABLES)
        for (const when of ['statement', 'commit'] as const) {
          const round = `${way} ${table} ${when}`;
          const on = sql`insert or update on ${sql.identifier(table)}`;
          await store.db.execute(
            when === 'statement'
              ? sql`create trigger fails before ${on} for each row execute function fail()`
              : sql`create constraint trigger fails after ${on} deferrable initially deferred for each row execute function fail()`,
          );
          const before = await readTables(store.db);
          const batch = batchOf(round);
          const answers = await Promise.allSettled(batch.map((one) => recording.record(one)));
          await store.db.execute(sql`drop trigger fails on ${sql.identifier(table)}`);
          if (answers.every(({ status }) => status === 'rejected')) {
            failed.push(round);
            expect(await readTables(store.db)).toEqual(before);
          } else expect(answers.every(({ status }) => status === 'fulfilled')).toBe(true);
          // Its senders come again.
          await Promise.all(batch.map((one) => recordAgain(recording, one)));
          sent.push(...batch);
        }
    // A batch of known sessions writes neither payments nor banks.
    expect(failed).toHaveLength(2 * (TABLES.length - 2) + 2 * TABLES.length);
    const tables = await readTables(store.db);
    expect(tables.rows).toHaveLength(2 + sent.length);
    expectTheFold(tables, DEFAULTS);
    expect(await rebuild({ store, parse: parseApplied })).toMatchObject({ sessions: 0, payments: 0 });
  });

  // PGlite has no wire.
  test.runIf(on.kind === 'postgres')(
    'by losing the connection before or after any statement, COMMIT too, is written whole or not at all, and once when it comes again',
    async () => {
      const proxy = await startPostgresProxy(on.databaseUrl ?? '');
      const recording = await openRecording({
        ...on,
        config: (overrides) => on.config({ ...overrides, databaseUrl: proxy.url }),
      });
      const store = await openStoreOf(on);
      closeLater(() => store.close());
      const sent = (await readTables(store.db)).rows.map(({ body: kept }) => textOf(kept));
      const repeated = session('known', 'bank-75');
      sent.push(textOf(repeated));
      const statements: Record<string, number> = {};
      const whole: string[] = [];
      for (const way of ['at once', 'locked'] as const)
        for (const when of ['before', 'after'] as const)
          for (let nth = 1; ; nth += 1) {
            // Makes the writer know the session and its bank again, which it forgets with a failure.
            await recordAgain(recording, repeated);
            const fresh = BATCHES[way](`${way} ${when} ${nth}`);
            const batch = way === 'locked' ? [...fresh, repeated] : fresh;
            const cuts = proxy.cuts();
            const executed = proxy.executed();
            proxy.cutAt(nth, when);
            const answers = await Promise.allSettled(batch.map((one) => recording.record(one)));
            const kept = new Set((await readTables(store.db)).rows.map((row) => textOf(row.body)));
            const written = fresh.filter((one) => kept.has(textOf(one))).length;
            sent.push(...fresh.map(textOf));
            if (proxy.cuts() === cuts) {
              // It has fewer statements.
              proxy.cutAt(Number.POSITIVE_INFINITY, when);
              statements[way] = proxy.executed() - executed;
              expect(nth).toBe(statements[way] + 1);
              expect(written).toBe(fresh.length);
              break;
            }
            for (const answer of answers)
              expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
            expect([0, fresh.length]).toContain(written);
            if (written > 0) whole.push(`${way} ${when} ${nth}`);
            await Promise.all(batch.map((one) => recordAgain(recording, one)));
          }
      // Only where nothing but the answer was lost.
      expect(statements['at once']).toBe(1);
      expect(whole).toEqual(['at once after 1', `locked after ${statements.locked}`]);
      const tables = await readTables(store.db);
      expect(tables.rows.map((row) => textOf(row.body)).sort()).toEqual(sent.sort());
      expectTheFold(tables, DEFAULTS);
      expect(await rebuild({ store, parse: parseApplied })).toMatchObject({ sessions: 0, payments: 0 });
      if (LONG) console.log(`statements at which a batch was failed: ${JSON.stringify(statements)}`);
    },
    30_000,
  );
});
