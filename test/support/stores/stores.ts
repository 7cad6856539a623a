import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { type Config, readConfig } from '../../../src/config/config.ts';
import { closeAll, closeLater } from '../closing.ts';
import { copyFolder } from './copy-folder.ts';
import { makeStoreFolder } from './store-folder.ts';

export const STORE_KINDS = ['pglite', 'postgres'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/** The store that a suite runs on. Its members may be used in hooks and tests, not while tests are collected. */
export interface TestStore {
  readonly kind: StoreKind;
  /** The suite's own PostgreSQL database; null on PGlite. */
  readonly databaseUrl: string | null;
  /** A folder of the suite's own, in which PGlite outlives a gateway; removed after the suite. */
  readonly folder: string;
  /** A quiet configuration on a free port with this store. */
  config(overrides?: Partial<Config>): Config;
  /** The same for a gateway that is spawned: PGlite in `folder`. */
  env(overrides?: Readonly<Record<string, string>>): Record<string, string>;
}

/**
 * Describes a suite twice: on PGlite and on a PostgreSQL database of its own, made before its tests and dropped
 * after them. Where PostgreSQL cannot be reached its lane is skipped, and in CI it fails.
 */
export function eachStore(name: string, suite: (store: TestStore) => void): void {
  for (const kind of STORE_KINDS) {
    const reachable = kind === 'pglite' || inject('postgresUrl') !== null;
    if (!reachable && process.env.CI) {
      it(`${name} (${kind}) has a PostgreSQL to run on`, () => {
        throw new Error('no PostgreSQL can be reached: start one, or set TEST_DATABASE_URL');
      });
    }
    describe.skipIf(!reachable)(`${name} (${kind})`, () => suite(ownStore(kind)));
  }
}

function ownStore(kind: StoreKind): TestStore {
  let folder: string | undefined;
  let database: OwnDatabase | undefined;

  beforeAll(async () => {
    folder = await makeStoreFolder();
    if (kind === 'pglite') copyFolder(inject('pgliteTemplate'), folder);
    const server = kind === 'postgres' ? inject('postgresUrl') : null;
    if (server !== null) database = await makeDatabase(server, inject('postgresTemplate'));
  });
  afterAll(async () => {
    await closeAll();
    await database?.drop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  return {
    kind,
    get databaseUrl() {
      return database?.url ?? null;
    },
    get folder() {
      if (folder === undefined) throw new Error('the folder stands in hooks and tests only');
      return folder;
    },
    config(overrides = {}) {
      const quiet = readConfig({ PORT: '0', DATA_DIR: this.folder, LOG_LEVEL: 'silent' });
      return { ...quiet, databaseUrl: database?.url ?? null, ...overrides };
    },
    env(overrides = {}) {
      const store: Record<string, string> =
        database === undefined ? { DATA_DIR: this.folder } : { DATABASE_URL: database.url };
      return { PORT: '0', ...store, ...overrides };
    },
  };
}

interface OwnDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * Makes a database on the server: empty, or a copy of the database of that name. `drop` ends connections that are
 * still open.
 */
export async function makeDatabase(server: string, template: string | null = null): Promise<OwnDatabase> {
  const name = `callboard_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  // By its files: row by row, which is the default, takes PostgreSQL eight times as long for so small a database.
  const copied = template === null ? 'template1' : template;
  await onServer(server, (sql) =>
    sql.unsafe(`create database ${name} template ${copied} strategy file_copy`),
  );
  return {
    url: url.href,
    drop: () => onServer(server, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`)),
  };
}

/** Drops a role after the suite: said before its database is made, since that must be gone by then. */
export function dropRoleLater(server: string, role: string): void {
  closeLater(() => onServer(server, (sql) => sql.unsafe(`drop role if exists ${role}`)));
}

async function onServer(server: string, run: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(server, { max: 1, onnotice: () => {} });
  try {
    await run(sql);
  } finally {
    await sql.end();
  }
}
