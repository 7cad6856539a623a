import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { unavailable } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type Emit, UNOBSERVED } from '../../observe.ts';
import { CHANNEL } from '../locks.ts';
import type { Db, Store } from '../store.ts';
import { createTransactionClient } from '../transaction-client.ts';
import { createPostgresClient } from './postgres-client.ts';
import { type Client, createRenewedClient } from './renewed-client.ts';

/** A batch that takes longer is given up and its connection dropped, so that a dead one does not block the next batch. */
const WRITE_TIMEOUT_MS = 4_000;
const CLOSE_WITHIN_MS = 2_000;
/** An instance that has not received its own notification by then logs a warning. */
const NOTIFIED_WITHIN_MS = 2_000;
const NO_NOTIFICATIONS =
  'notifications of the store are not received: the journal is polled instead; behind a transaction pooler, set DATABASE_POOLED=true';

/**
 * Every statement of Callboard finds its rows by an index. A plan made while a table was small must not keep scanning
 * the whole table, or joining by such a scan, for the connection's life. (A plan that cannot avoid a disabled method
 * gets so high a cost that PostgreSQL would compile it, which takes 10 ms: hence no JIT.)
 */
const BY_INDEX = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' };

/** So that a frozen instance does not hold the writer's lock, or any other, for longer than 2 s. */
const WRITER_SETTINGS = {
  ...BY_INDEX,
  lock_timeout: 2_000,
  statement_timeout: 2_000,
  idle_in_transaction_session_timeout: 2_000,
};

const READER_SETTINGS = { ...BY_INDEX, statement_timeout: 5_000 };

/** Behind a transaction pooler nothing may be set on the session: each transaction sets its own. */
const setForTransaction = sql.join([
  sql`select `,
  sql.join(
    Object.entries(WRITER_SETTINGS).map(([name, value]) => sql`set_config(${name}, ${String(value)}, true)`),
    sql`, `,
  ),
]);

export interface PostgresOptions {
  readonly url: string;
  readonly pooled: boolean;
  /** At most, of this process: at least 3. */
  readonly connections: number;
  /** No time-outs on statements: for commands, which no client waits for. */
  readonly patient: boolean;
  readonly log: Logger;
  readonly emit?: Emit | undefined;
}

/**
 * PostgreSQL through postgres.js: one connection writes, one listens, one answers
 * short reads, the others read. Nothing is connected until it
 * is used.
 */
export function openPostgres({
  url,
  pooled,
  connections,
  patient,
  log,
  emit = UNOBSERVED,
}: PostgresOptions): Store {
  const createReaders = (max: number) =>
    createRenewedClient(
      (onBroken) =>
        createPostgresClient({
          ...{ url, pooled, patient, onBroken, max },
          settings: patient ? BY_INDEX : READER_SETTINGS,
        }),
      () => emit.storeReconnecting?.({ client: 'readers' }),
    );
  /** What is left beside the writer and the listener. */
  const reading = Math.max(1, connections - (pooled ? 1 : 2));
  const readers = createReaders(Math.max(1, reading - 1));
  /** One connection, so that statements of one turn of the event loop cross the wire together. */
  const shortReaders = reading >= 2 ? createReaders(1) : readers;
  let writersMade = 0;
  const writer = createRenewedClient(
    (onBroken) =>
      createPostgresClient({
        url,
        pooled,
        max: 1,
        settings: WRITER_SETTINGS,
        patient,
        onBroken,
        onMade: () => {
          writersMade += 1;
        },
      }),
    () => emit.storeReconnecting?.({ client: 'writer' }),
  );
  /** The batch in flight goes on; the next one gets another connection. */
  let isWriterStale = false;
  const transaction = createTransactionClient(writer.sql);
  const writing = asDb(transaction.client);
  const writingAlone = asDb(writer.sql);
  let listener: Client | null = null;

  /** Gives up a write that the store does not answer in time, and drops the writing connection. */
  async function inTime<T>(write: () => Promise<T>): Promise<T> {
    if (isWriterStale) {
      isWriterStale = false;
      writer.renew();
    }
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        log.warn('the store did not answer a batch in time: its connection is dropped');
        writer.renew();
        reject(unavailable('The store did not answer in time.'));
      }, WRITE_TIMEOUT_MS);
    });
    try {
      return await Promise.race([write(), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    kind: 'postgres',
    db: asDb(readers.sql),
    shortReads: asDb(shortReaders.sql),
    async write(work) {
      // Wrapped in an object, because postgres.js awaits the members of an array.
      const { result } = await inTime(() =>
        writer.sql.begin(async (client) => ({
          result: await transaction.during(client, async () => {
            if (pooled) await writing.execute(setForTransaction);
            return work(writing);
          }),
        })),
      );
      return result;
    },
    writeAtOnce: pooled ? null : (statement) => inTime(() => statement(writingAlone)),
    listen: pooled
      ? null
      : async (onPosition) => {
          listener ??= createPostgresClient({ url, pooled, max: 1, patient });
          const hello = randomUUID();
          const late = setTimeout(() => log.warn(NO_NOTIFICATIONS), NOTIFIED_WITHIN_MS).unref();
          await listener.sql.listen(
            CHANNEL,
            (payload) => {
              if (payload === hello) clearTimeout(late);
              else if (/^\d+$/.test(payload)) onPosition(Number(payload));
            },
            () => onPosition(null),
          );
          await readers.sql`select pg_notify(${CHANNEL}, ${hello})`;
          return async () => {
            clearTimeout(late);
            // Not UNLISTEN: a dead connection would never answer it, and nothing else uses this one.
            await listener?.end(CLOSE_WITHIN_MS);
            listener = null;
          };
        },
    get connections() {
      return writersMade;
    },
    renew() {
      readers.renew();
      if (shortReaders !== readers) shortReaders.renew();
      isWriterStale = true;
    },
    async close() {
      await Promise.all([
        readers.end(CLOSE_WITHIN_MS),
        shortReaders.end(CLOSE_WITHIN_MS),
        writer.end(CLOSE_WITHIN_MS),
        listener?.end(CLOSE_WITHIN_MS),
      ]);
    },
  };
}

function asDb(client: postgres.Sql): Db {
  // Values stay out of error messages: they hold people's data.
  return drizzle({ client, jit: true, paramsInErrors: false });
}
