import type { Logger } from '../logger.ts';
import type { Emit } from '../observe.ts';
import { explainStoreError } from './explain-store-error.ts';
import type { JournalOptions } from './journal/journal.ts';
import { applyRules } from './migrate/apply-rules.ts';
import { type MigrateOptions, migrate, NotMigratedError } from './migrate/migrate.ts';
import { changedAt } from './pglite/folder-lock.ts';
import type { Store } from './store.ts';

/** Which store, and how it is reached. */
export interface StoreOptions {
  /** PostgreSQL; null means PGlite in `dataDir`. */
  readonly databaseUrl: string | null;
  /** PGlite's folder; `memory` keeps nothing. */
  readonly dataDir: string;
  /** Behind a transaction pooler: no named statements, no LISTEN, nothing set on the session. */
  readonly pooled: boolean;
  /** Connections to PostgreSQL at most; 10 by default. */
  readonly connections?: number;
  /** `off`: a store that is not migrated is refused with a NotMigratedError. `auto` by default. */
  readonly migrate?: MigrateOptions['migrate'];
  /** No time-outs on statements: for commands, which no client waits for. */
  readonly patient?: boolean;
  /** Parses a row's body again, where the states must be computed again by this version's rules. */
  readonly parse?: JournalOptions['parse'];
  readonly log: Logger;
  readonly emit?: Emit | undefined;
}

type Settings = MigrateOptions & Pick<StoreOptions, 'parse'>;

const CONNECTIONS = 10;
const CLOSE_WITHIN_MS = 2_000;

/**
 * Opens the store, applies its migrations, and computes its states again where the rules have changed. The caller closes
 * it. Rejects with an error that names the cause and how to fix it. The code of a store is loaded when it is opened:
 * PGlite's alone takes 80 ms.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, dataDir, pooled, log, connections = CONNECTIONS, patient = false, emit } = options;
  const settings = { migrate: options.migrate ?? 'auto', pooled, log, parse: options.parse };
  try {
    if (databaseUrl === null) return await openMigratedPglite(dataDir, settings);
    const { openPostgres } = await import('./postgres/open-postgres.ts');
    await migratePostgres(databaseUrl, settings);
    return openPostgres({ url: databaseUrl, pooled, connections, patient, log, emit });
  } catch (error) {
    throw explainStoreError(error, { databaseUrl, dataDir });
  }
}

async function openMigratedPglite(dataDir: string, settings: Settings): Promise<Store> {
  const inMemory = dataDir === 'memory';
  // Opening a folder without a store would create one.
  if (settings.migrate === 'off' && !inMemory && changedAt(dataDir) === null)
    throw new NotMigratedError({ pending: [], missing: [], openedBy: null, edition: null });
  const { openPglite } = await import('./pglite/open-pglite.ts');
  const store = await openPglite({ dataDir, log: settings.log });
  try {
    // No other process could migrate a store in memory.
    await migrate(store.db, inMemory ? { ...settings, migrate: 'auto' } : settings);
    if (settings.parse !== undefined)
      await applyRules(store.db, { parse: settings.parse, alone: true, log: settings.log });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** On connections of its own without time-outs: those of the store give up after a few seconds. */
async function migratePostgres(url: string, settings: Settings): Promise<void> {
  const { createPostgresClient } = await import('./postgres/postgres-client.ts');
  const { drizzle } = await import('drizzle-orm/postgres-js');
  const client = createPostgresClient({ url, pooled: settings.pooled, max: 2, patient: true });
  const { parse, log } = settings;
  const db = drizzle({ client: client.sql, jit: true, paramsInErrors: false });
  try {
    await migrate(db, settings);
    if (parse !== undefined) await applyRules(db, { parse, alone: false, log });
  } finally {
    await client.end(CLOSE_WITHIN_MS);
  }
}
