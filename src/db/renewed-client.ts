import { drizzle } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';

/** A client of postgres.js that outlives its connections. */
export interface RenewedClient {
  /** Stands for the newest client: what is asked of it is asked of that one. */
  readonly sql: Sql;
  /** Ends the newest client at once, with all that it still waits for, and takes a new one. */
  renew(): void;
  /** The end: as `end` of postgres.js. */
  end(options: { timeout: number }): Promise<void>;
}

/**
 * Takes a new client whenever a connection of the old one breaks. postgres.js goes on with a broken connection, but
 * what it had begun to write is never flushed then (3.4.9: `closed()` leaves its timer set): the connection takes
 * queries and answers none of them, and a transaction's rollback is written to no socket, which throws where nobody
 * can catch it. A client that is ended before it hears of the break does neither (see watched-socket.ts).
 * @param open gives a new client, whose connections call back as soon as one of them is broken
 */
export function createRenewedClient(open: (onBroken: () => void) => Sql): RenewedClient {
  let ended = false;
  let current = next();

  function next(): Sql {
    const client = open(() => {
      if (client === current && !ended) renew();
    });
    // Drizzle reads dates itself: it sets a client's parsers when it is given one.
    drizzle({ client });
    return client;
  }

  function renew(): void {
    const broken = current;
    current = next();
    broken.end({ timeout: 0 }).catch(() => {});
  }

  return {
    sql: new Proxy(current, {
      get: (_, key) => Reflect.get(current, key),
      apply: (_, self, args) => Reflect.apply(current, self, args),
    }),
    renew,
    end(options) {
      ended = true;
      return current.end(options);
    },
  };
}
