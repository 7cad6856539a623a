import { drizzle } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';

/** A client of postgres.js and the end of it. */
export interface Client {
  readonly sql: Sql;
  /** Ends it in peace, or after `withinMs` at once, with all that it still waits for. Never rejects. */
  end(withinMs: number): Promise<void>;
}

/** A client of postgres.js that outlives its connections. */
export interface RenewedClient {
  /** Stands for the newest client: what is asked of it is asked of that one. */
  readonly sql: Sql;
  /** Ends the newest client at once, with all that it still waits for, and takes a new one. */
  renew(): void;
  end: Client['end'];
}

/**
 * Takes a new client whenever a connection of the old one breaks. postgres.js goes on with a broken connection, but
 * what it had begun to write is never flushed then (3.4.9: `closed()` leaves its timer set): the connection takes
 * queries and answers none of them, and a transaction's rollback is written to no socket, which throws where nobody
 * can catch it. A client that is ended before it hears of the break does neither (see watched-socket.ts).
 * @param open gives a new client, whose connections call back as soon as one of them is broken
 * @param onRenewed called after a new client was taken
 */
export function createRenewedClient(
  open: (onBroken: () => void) => Client,
  onRenewed: () => void = () => {},
): RenewedClient {
  let ended = false;
  let current = next();

  function next(): Client {
    const client = open(() => {
      if (client === current && !ended) renew();
    });
    // Drizzle reads dates itself: it sets a client's parsers when it is given one.
    drizzle({ client: client.sql });
    return client;
  }

  function renew(): void {
    const broken = current;
    current = next();
    void broken.end(0);
    onRenewed();
  }

  return {
    sql: new Proxy(current.sql, {
      get: (_, key) => Reflect.get(current.sql, key),
      apply: (_, self, args) => Reflect.apply(current.sql, self, args),
    }),
    renew,
    end(withinMs) {
      ended = true;
      return current.end(withinMs);
    },
  };
}
