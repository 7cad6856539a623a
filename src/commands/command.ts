import { setTimeout } from 'node:timers/promises';
import { parseApplied } from '../callbacks/parse/parse.ts';
import { ConfigError } from '../config/faults.ts';
import { readStoreConfig, type StoreConfig } from '../config/store.ts';
import { openStore } from '../db/open.ts';
import { FolderLockedError } from '../db/pglite/folder-lock.ts';
import type { Store } from '../db/store.ts';
import { createLogger, type Logger } from '../logger.ts';

/** What every command works with. */
export interface CommandParts {
  readonly config: StoreConfig;
  readonly store: Store;
  readonly log: Logger;
  /** Says something to the person at the terminal. */
  readonly say: (line: string) => void;
}

/** How a command is called, and what it does. */
export interface Command {
  readonly usage: string;
  /** It migrates the store, whatever MIGRATE says. */
  readonly migrates?: boolean;
  /** Gives the work to do, or null where the words are not understood. Nothing is opened until then. */
  readonly understand: (words: readonly string[]) => ((parts: CommandParts) => Promise<void>) | null;
}

/**
 * Runs a command over the configured store and ends the process: 0 when it is done, 1 when it failed, 2 when it
 * was not understood. PGlite's folder is open in one process only, so there the gateway must be stopped, and the
 * message says so. It reads the store's settings alone.
 */
export async function runCommand({ usage, migrates = false, understand }: Command): Promise<never> {
  const work = understand(process.argv.slice(2));
  if (work === null) {
    process.stderr.write(`usage: ${usage}\n`);
    process.exit(2);
  }
  try {
    const config = readStoreConfig(process.env);
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
      await work({ config, store, log, say: (line) => process.stdout.write(`${line}\n`) });
    } finally {
      await store.close();
    }
  } catch (error) {
    process.stderr.write(`callboard: ${messageOf(error)}\n`);
    process.exit(1);
  }
  process.exit(0);
}

/** A gateway that waits for the migration looks into PGlite's folder now and then, for a second. */
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

function messageOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
