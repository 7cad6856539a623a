import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { openStore } from '../../src/db/open.ts';
import { store as storeTable } from '../../src/db/schema.ts';
import { createLogger } from '../../src/logger.ts';
import { ROOT } from './documents.ts';
import { bundlePrograms } from './gateways/bundle.ts';
import { makeStoresFolder } from './stores/stores-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where tests may make databases; null where no PostgreSQL can be reached. */
    postgresUrl: string | null;
    /** The name of a migrated database on that server, to be copied; null where there is no server. */
    postgresTemplate: string | null;
    /** Holds the folders of stores: see stores-folder.ts. */
    storesFolder: string;
    /** A migrated folder of PGlite, to be copied: making one takes 3 s, opening a copy 0.2 s. */
    pgliteTemplate: string;
    /** The folder of the tests' own programs: see bundle.ts. */
    programs: string;
  }
}

type Undo = () => Promise<void>;

/**
 * Runs once before all tests: finds the PostgreSQL that they use, or prints that its lane is skipped, and prepares
 * what would otherwise be made again and again: a migrated store of each kind, the build of src as it is now, and
 * the tests' own programs.
 */
export default async function setUp(project: TestProject): Promise<Undo> {
  // One after the other: each keeps this thread busy, and a server that is not listened to would count as gone.
  const undo = [await providePostgres(project), await providePglite(project), await providePrograms(project)];
  return async () => {
    for (const run of undo) await run();
  };
}

async function providePrograms(project: TestProject): Promise<Undo> {
  await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: ROOT });
  const bundle = await bundlePrograms();
  project.provide('programs', bundle.folder);
  return bundle.remove;
}

async function providePglite(project: TestProject): Promise<Undo> {
  const folder = await makeStoresFolder();
  const dataDir = join(folder, 'template');
  await migrateEmpty({ databaseUrl: null, dataDir });
  project.provide('storesFolder', folder);
  project.provide('pgliteTemplate', dataDir);
  return () => rm(folder, { recursive: true, force: true });
}

async function providePostgres(project: TestProject): Promise<Undo> {
  const url = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
  const reached = await canReach(url);
  project.provide('postgresUrl', reached ? url : null);
  if (!reached) {
    project.provide('postgresTemplate', null);
    if (!process.env.CI) {
      process.stdout.write(
        'PostgreSQL cannot be reached (TEST_DATABASE_URL or 127.0.0.1:5432): its tests are skipped.\n',
      );
    }
    return async () => {};
  }
  const name = `callboard_template_${randomBytes(6).toString('hex')}`;
  const template = new URL(url);
  template.pathname = `/${name}`;
  await onServer(url, `create database ${name}`);
  await migrateEmpty({ databaseUrl: template.href, dataDir: 'memory' });
  project.provide('postgresTemplate', name);
  return () => onServer(url, `drop database if exists ${name} with (force)`);
}

/** Leaves a migrated store without its one row, so that each copy draws an identity of its own. */
async function migrateEmpty(at: { readonly databaseUrl: string | null; readonly dataDir: string }) {
  const store = await openStore({ ...at, pooled: false, log: createLogger({ level: 'silent' }) });
  await store.db.delete(storeTable);
  await store.close();
}

async function canReach(url: string): Promise<boolean> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}
