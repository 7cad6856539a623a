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
  /** Set on each session. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** No time-outs on statements. */
  readonly patient: boolean;
  /** Called as soon as an established connection breaks. */
  readonly onBroken?: () => void;
  /** Called when a connection is about to be made. */
  readonly onMade?: () => void;
}

/** Makes a postgres.js client, configured as every client of the store is. Connects with its first statement. */
export function createPostgresClient(options: PostgresClientOptions): Client {
  const { pooled, max, settings = {}, patient, onBroken = () => {}, onMade = () => {} } = options;
  const { url, tls } = readStoreAddress(options.url);
  const sockets = watchedSockets({ tls, watch: !patient, onBroken, onMade });
  const sql = postgres(url, {
    max,
    prepare: !pooled,
    connect_timeout: 2,
    // A connection that reached its max_lifetime would count as broken.
    max_lifetime: null,
    // No array types are used, so they need no look-up on each connection.
    fetch_types: false,
    backoff: () => 0.2,
    onnotice: () => {},
    // The sockets below encrypt, where TLS is on.
    ssl: false,
    // Documented by postgres.js, yet missing in its types.
    ...{ socket: (address: Address) => sockets.connect(address) },
    connection: { application_name: APPLICATION_NAME, TimeZone: 'UTC', ...(pooled ? {} : settings) },
  });
  return {
    sql,
    async end(withinMs) {
      // `end` waits for the server to close the connection, even past its timeout: a dead server never does.
      const late = setTimeout(() => sockets.end(), withinMs);
      await sql.end({ timeout: withinMs / 1_000 }).catch(() => {});
      clearTimeout(late);
      sockets.end();
    },
  };
}
