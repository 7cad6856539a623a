import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/pg-core/async/session';
import { openStore } from '../../../src/db/open.ts';
import type { Db } from '../../../src/db/store.ts';
import { createLogger } from '../../../src/logger.ts';
import { at } from '../clients/client.ts';
import type { TestStore } from './stores.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../drizzle', import.meta.url));
const ROWS = new URL('../../fixtures/store-0.1/rows.jsonl', import.meta.url);
const TABLES = ['store', 'callbacks', 'sessions', 'payments', 'banks'];

type Row = { readonly [column: string]: unknown };

/** What 0.1 showed of a session, or what truly became of it. */
export interface End {
  readonly outcome: unknown;
  readonly stage: unknown;
  readonly status: unknown;
}

export const endOf = (value: unknown): End => ({
  outcome: at(value, 'outcome'),
  stage: at(value, 'stage'),
  status: at(value, 'status'),
});

/** Rows of one table of the store that 0.1 made, as its columns name them; `truths` says how its sessions truly ended. */
export function rowsOf01(table: string): readonly Row[] {
  return readFileSync(ROWS, 'utf8')
    .trim()
    .split('\n')
    .map((line): { table: string; row: Row } => JSON.parse(line))
    .filter((line) => line.table === table)
    .map(({ row }) => row);
}

/**
 * Makes this store one of 0.1: its tables, and what its own code wrote into them (see test/fixtures/README.md).
 * @param copies how often the journal stands in it, each time with other sessions and payments
 */
export async function makeStoreOf01(of: TestStore, copies = 1): Promise<void> {
  const { databaseUrl, dataDir } = of.config();
  const store = await openStore({
    ...{ databaseUrl, dataDir, pooled: false, log: createLogger({ level: 'silent' }) },
  });
  await store.db.transaction(async (tx) => {
    for (const schema of ['public', 'drizzle']) await tx.execute(sql.raw(`drop schema ${schema} cascade`));
    await tx.execute(sql.raw('create schema public'));
    const [first] = readMigrationFiles({ migrationsFolder: MIGRATIONS });
    if (first === undefined) throw new Error('0.1 had one migration');
    await migrate([first], tx, { migrationsFolder: MIGRATIONS });
    for (const table of TABLES) await insert(tx, table, rowsOf01(table));
    for (let copy = 1; copy < copies; copy += 1) await insert(tx, 'callbacks', copied(copy));
    await tx.execute(sql.raw('update store set position = (select max(position) from callbacks)'));
  });
  await store.close();
}

function copied(copy: number): readonly Row[] {
  const rows = rowsOf01('callbacks');
  const other = (text: unknown) => (typeof text === 'string' ? `${text}-copy-${copy}` : null);
  return rows.map((row) => ({
    ...row,
    position: Number(row.position) + copy * rows.length,
    session_id: other(row.session_id),
    payment_id: other(row.payment_id),
    digest: other(row.digest),
    body: String(row.body).replace(/("(?:session|payment)Id"\s*:\s*"[^"]*)"/g, `$1-copy-${copy}"`),
  }));
}

async function insert(tx: Db, table: string, rows: readonly Row[]): Promise<void> {
  const written = rows.map((row) =>
    'body' in row ? { ...row, body: `\\x${Buffer.from(String(row.body)).toString('hex')}` } : row,
  );
  const name = sql.identifier(table);
  await tx.execute(
    sql`insert into ${name} select * from json_populate_recordset(null::${name}, ${JSON.stringify(written)}::text::json)`,
  );
}
