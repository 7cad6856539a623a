import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { openStore } from '../../src/db/open.ts';
import { createLogger } from '../../src/logger.ts';
import { fillStore } from '../support/builders/fill-store.ts';
import { copyFolder } from '../support/stores/copy-folder.ts';
import type { StoreKind } from './parts.ts';
import { programOf } from './process-figures.ts';
import { STORED } from './stored-sessions.ts';

/** A database or folder of the benchmark's own. */
export interface BenchStore {
  readonly kind: StoreKind;
  /** What a gateway is started with to use it. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * The processes of PostgreSQL that work for it: those of its connections. None on PGlite; null where they cannot be
   * seen from here, as on another machine.
   */
  processes(): Promise<readonly number[] | null>;
  /** Fills it with sessions. It must be migrated and empty, and no gateway may use it. */
  fill(sessions: number): Promise<void>;
  /** Makes another store with the same rows. No gateway may use this one. */
  copy(): Promise<BenchStore>;
  remove(): Promise<void>;
}

/** Where stores are made. */
export interface StoreMaker {
  /** Makes an empty store, which a gateway's first start migrates. */
  empty(): Promise<BenchStore>;
}

/** Rows of the journal for each session: as many as make its history longer than one row, and the filling still short. */
const CALLBACKS_EACH = 3;

/**
 * By SQL in the store itself, from one session as the fold makes it: 100,000 take 8 s on PostgreSQL and 23 s on PGlite.
 * Sent as callbacks, their 300,000 rows would take up to a minute and more, at each run.
 */
async function fill(at: { databaseUrl: string | null; dataDir: string }, sessions: number): Promise<void> {
  const store = await openStore({ ...at, pooled: false, log: createLogger({ level: 'silent' }) });
  try {
    // None of them lately: nothing stalls while something else is measured.
    await fillStore(store.db, {
      stored: sessions,
      touched: 0,
      callbacksEach: CALLBACKS_EACH,
      reported: STORED,
    });
  } finally {
    await store.close();
  }
}

/** Folders of PGlite, below the system's folder of temporary files. */
export const pgliteStores: StoreMaker = {
  async empty() {
    return pgliteStore(await mkdtemp(join(tmpdir(), 'callboard-bench-')));
  },
};

function pgliteStore(folder: string): BenchStore {
  const dataDir = join(folder, 'data');
  return {
    kind: 'pglite',
    env: { DATA_DIR: dataDir },
    processes: async () => [],
    fill: (sessions) => fill({ databaseUrl: null, dataDir }, sessions),
    async copy() {
      const other = await mkdtemp(join(tmpdir(), 'callboard-bench-'));
      copyFolder(dataDir, join(other, 'data'));
      return pgliteStore(other);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Databases of a PostgreSQL server, where the user of this URL may make them. Close it when they are removed. */
export interface PostgresStores extends StoreMaker {
  /** Of the server. */
  readonly version: string;
  close(): Promise<void>;
}

/** Null where the server cannot be reached. */
export async function reachPostgres(url: string): Promise<PostgresStores | null> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  let databases = 0;
  try {
    const [row] = await sql`show server_version`;
    return {
      version: String(row?.server_version),
      empty: () => createDatabase(null),
      close: () => sql.end(),
    };
  } catch {
    await sql.end({ timeout: 1 });
    return null;
  }

  async function createDatabase(template: string | null): Promise<BenchStore> {
    const name = `callboard_bench_${process.pid}_${databases++}`;
    await sql.unsafe(`create database ${name}${template === null ? '' : ` template ${template}`}`);
    // What filling and copying left to be written is not written while something is measured.
    await sql`checkpoint`;
    const databaseUrl = new URL(url);
    databaseUrl.pathname = `/${name}`;
    return {
      kind: 'postgres',
      env: { DATABASE_URL: databaseUrl.href },
      async processes() {
        const rows = await sql`select pid from pg_stat_activity where datname = ${name}`;
        const pids = rows.map(({ pid }) => Number(pid));
        return pids.every((pid) => programOf(pid) === 'postgres') ? pids : null;
      },
      fill: (sessions) => fill({ databaseUrl: databaseUrl.href, dataDir: 'memory' }, sessions),
      copy: () => createDatabase(name),
      remove: async () => void (await sql.unsafe(`drop database if exists ${name} with (force)`)),
    };
  }
}
