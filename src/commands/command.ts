import { setTimeout } from 'node:timers/promises';
import { parseApplied } from '../callbacks/parse/parse.ts';
import { withEnvFile } from '../config/env-file.ts';
import { ConfigError } from '../config/faults.ts';
import { readStoreConfig, type StoreConfig } from '../config/store.ts';
import { openStore } from '../db/open.ts';
import { FolderLockedError } from '../db/pglite/folder-lock.ts';
import type { Store } from '../db/store.ts';
import { createLogger, type Logger } from '../logger.ts';

/** What a command gets. */
export interface CommandParts {
  readonly config: StoreConfig;
  readonly store: Store;
  readonly log: Logger;
  /** Prints a line for the person at the terminal. */
  readonly say: (line: string) => void;
}

/** A command's usage and its work. */
export interface Command {
  readonly usage: string;
  /** Whether it migrates the store, even with MIGRATE=off. */
  readonly migrates?: boolean;
  /** Returns the work to do, or null where the arguments are not valid. Nothing is opened before. */
  readonly understand: (words: readonly string[]) => ((parts: CommandParts) => Promise<void>) | null;
}

/**
 * Runs a command on the configured store and ends the process: with 0 when it is done, 1 when it failed, 2 when its
 * arguments were not valid. Only one process can have PGlite's folder open, so there the gateway must be stopped first,
 * and the message says so. It reads only the settings of the store.
 */
export async function runCommand({ usage, migrates = false, understand }: Command): Promise<never> {
  const work = understand(process.argv.slice(2));
  if (work === null) {
    process.stderr.write(`usage: ${usage}\n`);
    process.exit(2);
  }
  try {
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

function messageOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
