import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';

/*
 * Many rows through one parameter: a statement's text does not depend on how many rows it writes, so it is
 * prepared once. Rows travel as one JSON array, which both drivers bind alike; the table's own input functions
 * read each field.
 */

/** Writes rows of a table, keyed by our names, as the JSON array that `rowsFrom` reads. */
export function bulkEncoder<Row extends object>(table: PgTable): (rows: readonly Row[]) => string {
  const columns = Object.entries(getTableColumns(table)).map(([key, column]) => ({
    key,
    name: column.name,
    write: writerOf(column.getSQLType()),
  }));
  return (rows) =>
    JSON.stringify(
      rows.map((row) => {
        const written: Record<string, unknown> = {};
        for (const { key, name, write } of columns) {
          const value: unknown = Reflect.get(row, key);
          // What is missing is null to the table, and costs nothing on the way.
          if (value !== null) written[name] = write(value);
        }
        return written;
      }),
    );
}

/** `select <all columns> from <the JSON array>`, in the order in which Drizzle inserts them. */
export function rowsFrom(table: PgTable, json: SQL): SQL {
  const names = Object.values(getTableColumns(table)).map((column) => sql.identifier(column.name));
  return sql`select ${sql.join(names, sql`, `)} from json_populate_recordset(null::${table}, ${json})`;
}

/** For `set`: every column takes what the named source has of it. */
export function rowsOf(source: string, table: PgTable): Record<string, SQL> {
  return Object.fromEntries(
    Object.entries(getTableColumns(table)).map(([key, column]) => [
      key,
      sql`${sql.identifier(source)}.${sql.identifier(column.name)}`,
    ]),
  );
}

/**
 * Whether a column is one of the texts of a JSON array. An array and not a subquery: of a subquery's rows the
 * planner knows nothing, and it then reads half the table.
 */
export const isAnyOf = (column: PgColumn, name: string): SQL =>
  sql`${column} = any(array(select json_array_elements_text(${sql.placeholder(name)}::text::json)))`;

function writerOf(sqlType: string): (value: unknown) => unknown {
  if (sqlType === 'bytea') {
    return (value) => (value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : null);
  }
  if (sqlType.startsWith('timestamp')) {
    return (value) => (typeof value === 'number' ? new Date(value).toISOString() : null);
  }
  return (value) => value;
}
