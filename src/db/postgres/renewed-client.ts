import { drizzle } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';

/** A client of postgres.js, and how it is ended. */
export interface Client {
  readonly sql: Sql;
  /** Ends it once its queries are answered; after `withinMs` at once, and they fail. Never rejects. */
  end(withinMs: number): Promise<void>;
}

/** A client of postgres.js that outlives its connections. */
export interface RenewedClient {
  /** Forwards every call to the newest client. */
  readonly sql: Sql;
  /** Ends the newest client at once, failing its pending queries, and makes a new one. */
  renew(): void;
  end: Client['end'];
}

/**
 * Makes a new client whenever a connection of the old one breaks. postgres.js would reconnect by itself, but what it
 * had begun to write before is never flushed (3.4.9: `closed()` leaves its timer set): the connection accepts queries
 * and answers none of them, and a transaction's rollback is written to a missing socket, which throws where nobody can
 * catch it. A client that is ended before it notices the break does neither (see watched-socket.ts).
 * @param open makes a new client, whose connections call back as soon as one of them is broken
 * @param onRenewed called after a new client was made
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
    // Drizzle parses dates itself: it sets a client's parsers when it wraps it.
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
