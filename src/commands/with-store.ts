import { setTimeout } from 'node:timers/promises';
import { parseApplied } from '../callbacks/parse/parse.ts';
import { withEnvFile } from '../config/env-file.ts';
import { readStoreConfig, type StoreConfig } from '../config/store.ts';
import { openStore } from '../db/open.ts';
import { FolderLockedError } from '../db/pglite/folder-lock.ts';
import type { Store } from '../db/store.ts';
import { createLogger, type Logger } from '../logger.ts';

/** What the work of a subcommand gets that opens the store. */
interface StoreParts {
  readonly config: StoreConfig;
  readonly store: Store;
  readonly log: Logger;
}

/**
 * Runs work on the configured store and closes it. Only one process can have PGlite's folder open, so there the gateway
 * must be stopped first, and the message says so. It reads only the settings of the store.
 * @param migrates whether the store is migrated even with MIGRATE=off
 */
export async function withStore(
  work: (parts: StoreParts) => Promise<void>,
  { migrates = false } = {},
): Promise<void> {
  const config = readStoreConfig(withEnvFile(process.env));
  const log = createLogger({ level: 'info' });
  const { databaseUrl, dataDir, databasePooled: pooled, databaseConnections: connections } = config;
  const migrate = migrates ? 'auto' : config.migrate;
  const open = () =>
    openStore({
      ...{ databaseUrl, dataDir, pooled, connections, migrate, log },
      patient: true,
      parse: parseApplied,
    });
  const store = await (migrates ? onceUnlocked(open) : open());
  try {
    await work({ config, store, log });
  } finally {
    await store.close();
  }
}

/** A gateway that waits for the migration opens PGlite's folder now and then, for up to a second. */
const LOCKED_FOR_MS = 10_000;
const TRY_EVERY_MS = 200;

async function onceUnlocked(open: () => Promise<Store>): Promise<Store> {
  for (const until = performance.now() + LOCKED_FOR_MS; ; ) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof FolderLockedError) || performance.now() > until) throw error;
      await setTimeout(TRY_EVERY_MS);
    }
  }
}
