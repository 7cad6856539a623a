import postgres from 'postgres';
import { APPLICATION_NAME } from '../schema-version.ts';
import type { Client } from './renewed-client.ts';
import { readStoreAddress } from './tls.ts';
import { type Address, watchedSockets } from './watched-socket.ts';

export interface PostgresClientOptions {
  /** DATABASE_URL. */
  readonly url: string;
  /** Behind a transaction pooler nothing is set on the session and nothing is prepared. */
  readonly pooled: boolean;
  /** Connections at most. */
  readonly max: number;
  /** Of each session. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Statements may take as long as they need. */
  readonly patient: boolean;
  /** Called as soon as a connection that stood is broken. */
  readonly onBroken?: () => void;
  /** Called when a connection is about to be made. */
  readonly onMade?: () => void;
}

/** A client of postgres.js as all of ours are. Connects with its first statement. */
export function createPostgresClient(options: PostgresClientOptions): Client {
  const { pooled, max, settings = {}, patient, onBroken = () => {}, onMade = () => {} } = options;
  const { url, tls } = readStoreAddress(options.url);
  const sockets = watchedSockets({ tls, watch: !patient, onBroken, onMade });
  const sql = postgres(url, {
    max,
    prepare: !pooled,
    connect_timeout: 2,
    // A connection that ends by plan would count as broken.
    max_lifetime: null,
    // No array crosses the wire, so its types need no look-up on each connection.
    fetch_types: false,
    backoff: () => 0.2,
    onnotice: () => {},
    // Encrypted by our own sockets, where it is.
    ssl: false,
    // Documented by postgres.js, yet missing in its types.
    ...{ socket: (address: Address) => sockets.connect(address) },
    connection: { application_name: APPLICATION_NAME, TimeZone: 'UTC', ...(pooled ? {} : settings) },
  });
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
}
