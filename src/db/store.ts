import type { PgAsyncDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** The one type of both drivers, and of a transaction on either. */
export type Db = PgAsyncDatabase<PgQueryResultHKT>;

/** An opened, migrated store. One query layer serves PGlite and PostgreSQL alike. */
export interface Store {
  readonly kind: 'pglite' | 'postgres';
  /** For reads: every statement stands alone and sees all that was committed before it was sent. */
  readonly db: Db;
  /**
   * Runs `work` in a transaction on the writing connection and resolves after its COMMIT. `work` takes the
   * writer's lock itself. Rejects with UNAVAILABLE where the store did not answer in time: what `work` wrote
   * may then be committed or not, and a retry finds out by the journal's key.
   */
  write<T>(work: (tx: Db) => Promise<T>): Promise<T>;
  /**
   * Runs one statement on the writing connection, outside of any transaction of `write`: it is a transaction of its
   * own. Resolves and rejects as `write` does. Null behind a transaction pooler, where a statement that stands alone
   * has no time-outs.
   */
  readonly writeAtOnce: (<T>(statement: (db: Db) => Promise<T>) => Promise<T>) | null;
  /**
   * Calls back with each position another instance commits, and with null whenever notifications may have been
   * lost (a reconnect). Null where there is nobody to listen to: PGlite, and behind a transaction pooler.
   */
  readonly listen: ((onPosition: (position: number | null) => void) => Promise<() => Promise<void>>) | null;
  /** How many connections the writer has had: what was known over an earlier one counts no more. */
  readonly connections: number;
  /** Makes new connections for all that is sent from now on: the address has come to lead to another server. */
  renew(): void;
  close(): Promise<void>;
}
