import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';

/*
 * Many rows through one parameter: a statement's text does not depend on how many rows it writes, so it is prepared
 * once. Rows are sent as one JSON array, which both drivers bind alike; PostgreSQL's input functions parse each field.
 */

/** Writes the JSON of a value that is not null. */
type Write = (value: unknown) => string;

/**
 * Encodes rows of a table, keyed by the names of the Drizzle schema, as the JSON array that `rowsFrom` reads. Columns that
 * a row lacks are left out.
 * @param writers for columns whose values are not written as they are, by their keys
 */
export function rowEncoder<Row extends object>(
  table: PgTable,
  writers: { readonly [Key in keyof Row]?: (value: NonNullable<Row[Key]>) => string } = {},
): (rows: readonly Row[]) => string {
  // cast: each gets the values of its own column.
  const own = writers as Readonly<Record<string, Write | undefined>>;
  const columns = Object.entries(getTableColumns(table)).map(([key, column]) => ({
    key,
    name: `${JSON.stringify(column.name)}:`,
    write: own[key] ?? writerOf(column.getSQLType()),
  }));
  // Encoded field by field: one more object for each row would cost as much as encoding it.
  return (rows) => {
    let text = '[';
    for (const [index, row] of rows.entries()) {
      text += index === 0 ? '{' : ',{';
      let isFirst = true;
      for (const { key, name, write } of columns) {
        const value: unknown = Reflect.get(row, key);
        // A missing field is null to the table, and takes no bytes.
        if (value === null || value === undefined) continue;
        text += isFirst ? name : `,${name}`;
        text += write(value);
        isFirst = false;
      }
      text += '}';
    }
    return `${text}]`;
  };
}

/** `select <all columns> from <the JSON array>`, in the order in which Drizzle inserts them. */
export function rowsFrom(table: PgTable, json: SQL): SQL {
  return sql`select ${columnNames(table)} from ${recordset(table, json)}`;
}

/** The JSON array as rows of a table: what `from` takes. */
export const recordset = (table: PgTable, json: SQL): SQL =>
  sql`json_populate_recordset(null::${table}, ${json})`;

/** All columns of a table, separated by commas. */
export const columnNames = (table: PgTable): SQL =>
  sql.join(
    Object.values(getTableColumns(table)).map((column) => sql.identifier(column.name)),
    sql`, `,
  );

/** For `set`: every column gets the named source's value, except those of these keys. */
export function rowsOf(source: string, table: PgTable, except: readonly string[] = []): Record<string, SQL> {
  return Object.fromEntries(
    Object.entries(getTableColumns(table))
      .filter(([key]) => !except.includes(key))
      .map(([key, column]) => [key, sql`${sql.identifier(source)}.${sql.identifier(column.name)}`]),
  );
}

/**
 * Whether a column is one of the texts of a JSON array. Compared with an array and not with a subquery: the planner has
 * no estimate of a subquery's rows, and would then read half the table.
 */
export const isAnyOf = (column: PgColumn, name: string): SQL =>
  sql`${column} = any(array(select json_array_elements_text(${sql.placeholder(name)}::text::json)))`;

function writerOf(sqlType: string): Write {
  if (sqlType === 'bytea') return writeBytes;
  if (sqlType.startsWith('timestamp')) return createInstantWriter();
  if (sqlType === 'json' || sqlType === 'jsonb') return JSON.stringify;
  return writeScalar;
}

/** Mostly digests, ids and enum values: checking that they need no escaping is faster than escaping them. */
const PLAIN = /^[\w .:/-]*$/;

function writeScalar(value: unknown): string {
  if (typeof value === 'string' && PLAIN.test(value)) return `"${value}"`;
  return typeof value === 'boolean' || Number.isFinite(value) ? `${value}` : JSON.stringify(value);
}

const writeBytes = (value: unknown): string =>
  value instanceof Uint8Array
    ? `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"`
    : 'null';

/** Cached, because many rows of a batch have the same millisecond. */
function createInstantWriter(): Write {
  let last = Number.NaN;
  let text = 'null';
  return (value) => {
    if (typeof value !== 'number') return 'null';
    if (value !== last) text = `"${new Date(value).toISOString()}"`;
    last = value;
    return text;
  };
}
