import type { PgAsyncDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** The one type of both drivers, and of a transaction on either. */
export type Db = PgAsyncDatabase<PgQueryResultHKT>;

/** An opened, migrated store. One query layer serves PGlite and PostgreSQL alike. */
export interface Store {
  readonly kind: 'pglite' | 'postgres';
  /** For reads: each statement is its own transaction and sees all that was committed before it was sent. */
  readonly db: Db;
  /**
   * The same for statements that are always short, over one connection: a statement waits for those before it, and
   * those of one turn of the event loop cross the wire together.
   */
  readonly shortReads: Db;
  /**
   * Runs `work` in a transaction on the writing connection and resolves after its COMMIT. `work` takes the writer's lock
   * itself. Rejects with UNAVAILABLE where the store did not answer in time: what `work` wrote may then be committed or
   * not. A retry is safe: the journal's key recognizes a callback that was recorded.
   */
  write<T>(work: (tx: Db) => Promise<T>): Promise<T>;
  /**
   * Runs one statement on the writing connection, as a transaction of its own outside of `write`. Resolves and rejects
   * as `write` does. Null behind a transaction pooler, where a single statement has no time-outs.
   */
  readonly writeAtOnce: (<T>(statement: (db: Db) => Promise<T>) => Promise<T>) | null;
  /**
   * Calls back with each position that an instance commits, and with null whenever notifications may have been lost (a
   * reconnect). Null where LISTEN is not available: with PGlite, and behind a transaction pooler.
   */
  readonly listen: ((onPosition: (position: number | null) => void) => Promise<() => Promise<void>>) | null;
  /** How many connections the writer has had: what was cached over an earlier one is no longer valid. */
  readonly connections: number;
  /** Makes new connections for all later statements. Called when the address leads to another server than before. */
  renew(): void;
  close(): Promise<void>;
}
