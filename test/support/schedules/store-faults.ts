import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import postgres from 'postgres';
import type { Moment, Restore } from './history.ts';

const run = promisify(execFile);
const TABLES = ['store', 'callbacks', 'sessions', 'payments', 'banks'];
/** The writer's lock, as src/db/locks.ts has it. */
const WRITER_LOCK = 7226255201;

/** What can befall the database of a schedule. */
export interface StoreFaults {
  /** Keeps what it holds now; `putBack` puts it back under those who are connected. */
  keep(): Promise<Kept>;
  /** Keeps a dump of it; `putBack` makes another database of its name from that. */
  dump(): Promise<Kept>;
  lockTable(table: string, forMs: number): Promise<void>;
  lockWriter(forMs: number): Promise<void>;
  /** Ends the connections that listen for notifications. */
  endListeners(): Promise<void>;
}

export interface Kept {
  putBack(): Promise<Restore>;
}

export function createStoreFaults(databaseUrl: string, serverUrl: string): StoreFaults {
  const on = async <T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    try {
      return await work(sql);
    } finally {
      await sql.end({ timeout: 1 });
    }
  };
  /** By a program of its own, whose connection others may end: then the fault is over before its time. */
  const byPsql = (...statements: readonly string[]): Promise<void> =>
    run('psql', ['-q', '-1', '-d', databaseUrl, ...statements.flatMap((one) => ['-c', one])]).then(
      () => {},
      () => {},
    );
  const restored = async (
    saveBegan: Moment,
    keptPosition: number,
    work: () => Promise<void>,
  ): Promise<Restore> => {
    const began = performance.now();
    await work();
    return { keptPosition, saveBegan, began, ended: performance.now() };
  };

  return {
    async keep() {
      const saveBegan = performance.now();
      const position = await on(databaseUrl, (sql) =>
        sql.begin('isolation level repeatable read', async (tx) => {
          await tx.unsafe('drop schema if exists kept cascade; create schema kept');
          for (const table of TABLES) await tx.unsafe(`create table kept.${table} as table public.${table}`);
          return positionIn(await tx`select position from kept.store`);
        }),
      );
      const work = () =>
        on(databaseUrl, (sql) =>
          unlessDeadlocked(() =>
            sql.begin(async (tx) => {
              // Before the tables', as writers take them.
              await tx`select pg_advisory_xact_lock(${WRITER_LOCK}::bigint)`;
              await tx.unsafe(`truncate ${TABLES.join(', ')}`);
              for (const table of TABLES) await tx.unsafe(`insert into ${table} table kept.${table}`);
            }),
          ),
        );
      return { putBack: () => restored(saveBegan, position, work) };
    },

    async dump() {
      const saveBegan = performance.now();
      const name = new URL(databaseUrl).pathname.slice(1);
      const file = `/tmp/${name}.sql`;
      const position = await on(databaseUrl, (sql) =>
        sql.begin('isolation level repeatable read', async (tx) => {
          const position = positionIn(await tx`select position from store`);
          const [snapshot] = await tx`select pg_export_snapshot() as id`;
          await run('pg_dump', ['-d', databaseUrl, '-f', file, `--snapshot=${snapshot?.id}`]);
          return position;
        }),
      );
      const work = () =>
        on(serverUrl, async (sql) => {
          // Under another name first: one that connects meanwhile does not find half of it.
          const next = `${name}_next`;
          const nextUrl = new URL(databaseUrl);
          nextUrl.pathname = next;
          await sql.unsafe(`create database ${next}`);
          await run('psql', ['-q', '-1', '-v', 'ON_ERROR_STOP=1', '-d', nextUrl.href, '-f', file]);
          await rm(file);
          await sql.unsafe(`drop database ${name} with (force)`);
          await sql.unsafe(`alter database ${next} rename to ${name}`);
        });
      return { putBack: () => restored(saveBegan, position, work) };
    },

    lockTable: (table, forMs) =>
      byPsql(`lock table ${table} in access exclusive mode`, `select pg_sleep(${forMs / 1_000})`),
    lockWriter: (forMs) =>
      byPsql(`select pg_advisory_xact_lock(${WRITER_LOCK})`, `select pg_sleep(${forMs / 1_000})`),
    endListeners: () =>
      byPsql(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen %'`),
  };
}

function positionIn(rows: readonly postgres.Row[]): number {
  return Number(rows[0]?.position);
}

/** Readers lock the tables in other orders than TRUNCATE does: then one of the two is given up, and this is done again. */
async function unlessDeadlocked(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === '40P01')) throw error;
    }
  }
}
