import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { parseApplied } from '../../src/callbacks/parse/parse.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { body } from '../support/builders/samples.ts';
import { closeAll } from '../support/closing.ts';
import { DEFAULTS } from '../support/stores/memory-store.ts';
import { openRecording, recordAgain } from '../support/stores/recording.ts';
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
});
