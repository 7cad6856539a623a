import { sql } from 'drizzle-orm';
import { getTableConfig } from 'drizzle-orm/pg-core';
import { banks, callbacks, payments, sessions, store } from '../schema.ts';
import type { Db } from '../store.ts';

/** What a store lacks. Both lists empty: nothing is to be done. */
export interface MigrationState {
  /** Names of migrations that were not applied, in order. */
  readonly pending: readonly string[];
  /** `table.column` of each column that the code needs and the store does not have. */
  readonly missing: readonly string[];
  /** The newest minor version that has opened it; null where it has no row yet. */
  readonly openedBy: string | null;
  /** The edition of the rules that its states were computed with; null without a row or that column. */
  readonly edition: number | null;
}

const once = sql`(values (1)) as once`;
const TABLES = [banks, callbacks, payments, sessions, store];
const NEEDED = TABLES.flatMap((table) => {
  const { name, columns } = getTableConfig(table);
  return columns.map((column) => `${name}.${column.name}`);
});

/** Names of all tables of the store. */
export const TABLE_NAMES: readonly string[] = TABLES.map((table) => getTableConfig(table).name);

/**
 * Reads which of the migrations `known` a store lacks, and changes nothing, so a role without CREATE suffices. Where
 * the role may not read which migrations were applied, the columns alone decide.
 */
export async function readMigrationState(db: Db, known: readonly string[]): Promise<MigrationState> {
  const [applied, missing] = [await readApplied(db), await readMissing(db)];
  return {
    pending: known.filter((name) => (applied === null ? missing.length > 0 : !applied.includes(name))),
    missing,
    openedBy: missing.includes('store.opened_by') ? null : await readOpenedBy(db),
    edition: missing.includes('store.rules_edition') ? null : await readEdition(db),
  };
}

/** Names of the applied migrations; null where they may not be read. */
async function readApplied(db: Db): Promise<readonly string[] | null> {
  const [journal] = await db
    .select({
      readable: sql<boolean>`has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')`,
    })
    .from(sql`pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`)
    .where(sql`n.nspname = 'drizzle' and c.relname = '__drizzle_migrations'`);
  if (journal === undefined) return [];
  if (!journal.readable) return null;
  const rows = await db.select({ name: sql<string>`name` }).from(sql`drizzle.__drizzle_migrations`);
  return rows.map(({ name }) => name);
}

/** `table.column` of each column that the code needs and this role does not see in the store. Waits for no lock. */
export async function readMissing(db: Db): Promise<readonly string[]> {
  const tables = sql.join(
    TABLE_NAMES.map((name) => sql`to_regclass(${name})`),
    sql`, `,
  );
  const found = await db
    .select({ name: sql<string>`c.relname || '.' || a.attname` })
    .from(sql`pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid`)
    .where(sql`a.attrelid in (${tables}) and a.attnum > 0 and not a.attisdropped`);
  const names = new Set(found.map(({ name }) => name));
  return NEEDED.filter((name) => !names.has(name));
}

async function readOpenedBy(db: Db): Promise<string | null> {
  const [row] = await db.select({ openedBy: store.openedBy }).from(store);
  return row?.openedBy ?? null;
}

async function readEdition(db: Db): Promise<number | null> {
  const [row] = await db.select({ edition: store.rulesEdition }).from(store);
  return row?.edition ?? null;
}

/** Counts the connections to this database under an application name, without the one that asks. */
export async function countConnections(db: Db, applicationName: string): Promise<number> {
  const [row] = await db
    .select({
      n: sql`(select count(*) from pg_catalog.pg_stat_activity where datname = current_database()
        and application_name = ${applicationName} and pid <> pg_backend_pid())`.mapWith(Number),
    })
    .from(once);
  return row?.n ?? 0;
}
