import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from '../../../src/db/migrate/migrate.ts';
import { openStore } from '../../../src/db/open.ts';
import type { Store } from '../../../src/db/store.ts';
import { createLogger } from '../../../src/logger.ts';
import { closeLater } from '../closing.ts';
import { startPostgresProxy } from './postgres-proxy.ts';
import type { TestStore } from './stores.ts';

/** A store whose statements are counted. */
export interface CountedStore {
  readonly db: Store['db'];
  /** Statements that it was sent so far. */
  statements(): number;
}

/**
 * Opens the suite's store: PostgreSQL as a gateway does, through a proxy that counts what crosses the wire; PGlite,
 * which has no wire, with a logger that counts what Drizzle hands to it. Closed after the suite.
 */
export async function openCountedStore(on: TestStore): Promise<CountedStore> {
  if (on.databaseUrl === null) return openCountedPglite(on.folder);
  const proxy = await startPostgresProxy(on.databaseUrl);
  const log = createLogger({ level: 'silent' });
  const store = await openStore({ databaseUrl: proxy.url, dataDir: 'memory', pooled: false, log });
  closeLater(() => store.close());
  return { db: store.db, statements: proxy.executed };
}

async function openCountedPglite(dataDir: string): Promise<CountedStore> {
  const client = await PGlite.create({ dataDir });
  closeLater(() => client.close());
  let statements = 0;
  const logger = {
    logQuery() {
      statements += 1;
    },
  };
  const db = drizzle({ client, jit: true, logger });
  // The prepared folder has every table, but not the row that a store draws at its first start.
  await migrate(db, { migrate: 'auto', pooled: false, log: createLogger({ level: 'silent' }) });
  return { db, statements: () => statements };
}
