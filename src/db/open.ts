import type { Logger } from '../logger.ts';
import { migrate } from './migrate.ts';
import { openPglite } from './open-pglite.ts';
import { openPostgres } from './open-postgres.ts';
import type { Store } from './store.ts';

/** Which store, and how it is reached. */
export interface StoreOptions {
  /** PostgreSQL; null means PGlite in `dataDir`. */
  readonly databaseUrl: string | null;
  /** PGlite's folder; `memory` keeps nothing. */
  readonly dataDir: string;
  /** Behind a transaction pooler: no named statements, no LISTEN, nothing set on the session. */
  readonly pooled: boolean;
  /** Statements may take as long as they need: for commands, which nobody waits for. */
  readonly patient?: boolean;
  readonly log: Logger;
}

/** Opens the store and applies its migrations. Close what it gives. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, dataDir, pooled, patient = false, log } = options;
  const store =
    databaseUrl === null
      ? await openPglite({ dataDir, log })
      : openPostgres({ url: databaseUrl, pooled, patient, log });
  try {
    await migrate(store.db);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
