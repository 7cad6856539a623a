import { setTimeout as pause } from 'node:timers/promises';
import { NotMigratedError } from './migrate/migrate.ts';
import { openStore, type StoreOptions } from './open.ts';
import { changedAt, FolderLockedError } from './pglite/folder-lock.ts';
import type { Store } from './store.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * Opens a store that another process migrates: tries every second, and keeps nothing open or locked in between. It
 * waits for a store that cannot be reached, too. Rejects where `signal` is aborted.
 */
export async function awaitMigration(options: StoreOptions, signal: AbortSignal): Promise<Store> {
  const { databaseUrl, dataDir, log } = options;
  let seen: number | null = null;
  while (true) {
    await pause(LOOK_EVERY_MS, undefined, { signal });
    // Only one process can have PGlite open: a needless try could keep the migrating one out.
    const changed = databaseUrl === null ? changedAt(dataDir) : null;
    if (databaseUrl === null && (changed === null || changed === seen)) continue;
    try {
      return await openStore({ ...options, migrate: 'off' });
    } catch (err) {
      if (!(err instanceof FolderLockedError)) seen = databaseUrl === null ? changedAt(dataDir) : null;
      if (!(err instanceof NotMigratedError) && !(err instanceof FolderLockedError))
        log.warn({ err }, 'the store cannot be opened: trying again');
    }
  }
}
