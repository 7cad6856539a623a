import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { unavailable } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { createReport } from '../observe.ts';
import { CHANNEL } from './locks.ts';
import { type Client, createRenewedClient } from './renewed-client.ts';
import type { Db, Store } from './store.ts';
import { type Address, watchedSockets } from './watched-socket.ts';
import { createWritingSeat } from './writing-seat.ts';

/** A batch that takes longer is given up: its connection is dropped, so that a dead one holds nobody up. */
const WRITE_TIMEOUT_MS = 4_000;
const READERS = 8;
const CLOSE_WITHIN_MS = 2_000;
/** An instance that has not heard its own notification by then is deaf, and says so. */
const DEAF_AFTER_MS = 2_000;
const DEAF =
  'notifications of the store are not heard: the journal is polled instead; behind a transaction pooler, set DATABASE_POOLED=true';

/**
 * Every statement of ours finds its rows by an index. A plan made while a table was small must not stay a scan of
 * the whole table, or a join that needs one, for the connection's life. (A plan that cannot avoid what is off looks
 * so dear that PostgreSQL would compile it, which takes 10 ms: hence no jit.)
 */
const BY_INDEX = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' };

/** So that a frozen instance holds nobody up, nor the writer's lock for longer than 2 s. */
const WRITER_SETTINGS = {
  ...BY_INDEX,
  lock_timeout: 2_000,
  statement_timeout: 2_000,
  idle_in_transaction_session_timeout: 2_000,
};

const READER_SETTINGS = { ...BY_INDEX, statement_timeout: 5_000 };

/** Behind a transaction pooler nothing may be set on the session: each transaction sets it for itself. */
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
  /** Statements may take as long as they need: for commands, which nobody waits for. */
  readonly patient: boolean;
  readonly log: Logger;
}

/** PostgreSQL through postgres.js: one connection writes, a few read, one listens. */
export function openPostgres({ url, pooled, patient, log }: PostgresOptions): Store {
  const connect = (
    max: number,
    settings: Record<string, string | number>,
    onBroken: () => void = () => {},
    onMade: () => void = () => {},
  ): Client => {
    const sockets = watchedSockets(onBroken, onMade);
    const options = {
      max,
      prepare: !pooled,
      connect_timeout: 2,
      // A connection that ends by plan would count as broken.
      max_lifetime: null,
      // No array crosses the wire, so its types need no look-up on each connection.
      fetch_types: false,
      backoff: () => 0.2,
      onnotice: () => {},
      // Documented by postgres.js, yet missing in its types.
      ...(patient ? {} : { socket: (address: Address) => sockets.connect(address) }),
      connection: { application_name: 'callboard', TimeZone: 'UTC', ...(pooled ? {} : settings) },
    };
    const sql = postgres(url, options);
    return {
      sql,
      async end(withinMs) {
        // `end` waits for the other side to hang up, also past its timeout: one that is gone never does.
        const late = setTimeout(() => sockets.end(), withinMs);
        await sql.end({ timeout: withinMs / 1_000 }).catch(() => {});
        clearTimeout(late);
        sockets.end();
      },
    };
  };
  const report = createReport(log);
  const readers = createRenewedClient(
    (onBroken) => connect(READERS, patient ? BY_INDEX : READER_SETTINGS, onBroken),
    () => report('storeReconnecting', { client: 'readers' }),
  );
  let connections = 0;
  const writer = createRenewedClient(
    (onBroken) =>
      connect(1, WRITER_SETTINGS, onBroken, () => {
        connections += 1;
      }),
    () => report('storeReconnecting', { client: 'writer' }),
  );
  /** A batch in flight is let go on: the next one gets another connection. */
  let isWriterStale = false;
  const seat = createWritingSeat(writer.sql);
  const writing = asDb(seat.client);
  let listener: Client | null = null;

  return {
    kind: 'postgres',
    db: asDb(readers.sql),
    async write(work) {
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
      // Wrapped, because postgres.js would settle what stands in an array.
      const worked = writer.sql.begin(async (client) => ({
        result: await seat.during(client, async () => {
          if (pooled) await writing.execute(setForTransaction);
          return work(writing);
        }),
      }));
      try {
        return (await Promise.race([worked, timeout])).result;
      } finally {
        clearTimeout(timer);
      }
    },
    listen: pooled
      ? null
      : async (heard) => {
          listener ??= connect(1, {});
          const hello = randomUUID();
          const deaf = setTimeout(() => log.warn(DEAF), DEAF_AFTER_MS).unref();
          await listener.sql.listen(
            CHANNEL,
            (payload) => {
              if (payload === hello) clearTimeout(deaf);
              else if (/^\d+$/.test(payload)) heard(Number(payload));
            },
            () => heard(null),
          );
          await readers.sql`select pg_notify(${CHANNEL}, ${hello})`;
          return async () => {
            clearTimeout(deaf);
            // Not UNLISTEN: a dead connection would never answer it, and nothing else uses this one.
            await listener?.end(CLOSE_WITHIN_MS);
            listener = null;
          };
        },
    get connections() {
      return connections;
    },
    renew() {
      readers.renew();
      isWriterStale = true;
    },
    async close() {
      await Promise.all([
        readers.end(CLOSE_WITHIN_MS),
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
