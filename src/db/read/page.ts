import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Head } from '../../domain/catch-up.ts';
import { type Condition, instantAt, instantText, type Lead, type ValueAt } from './conditions.ts';

export type OrderDirection = 'ASC' | 'DESC';

/** A row's place in a list: the value that the list is ordered by, then the one that breaks ties. */
export interface ListPlace {
  /** An instant, or the journal's position. */
  readonly at: number;
  /** The row's own id; empty where `at` has no ties. */
  readonly id: string;
}

/** The requested rows of a list: `count` of them, from one end of the window between two places. */
export interface Page<Filter, Field> {
  readonly filter: Filter | null;
  readonly orderBy: { readonly field: Field; readonly direction: OrderDirection };
  /** 0 to 100. */
  readonly count: number;
  /** `start` is GraphQL's `first`, `end` its `last`. */
  readonly from: 'start' | 'end';
  /** The exclusive bounds of the window, in the list's order; null where it is open. */
  readonly after: ListPlace | null;
  readonly before: ListPlace | null;
}

/** The page's rows in the list's order, and whether there are others before and after them. */
export interface ListOf<Row> {
  readonly rows: readonly Row[];
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
  /** Read in the same statement as the rows: no change after this position is in them. */
  readonly head: Head;
}

/** The columns a list is ordered by; `id` is null where `at` has no ties. */
export interface OrderColumns {
  readonly at: PgColumn;
  readonly id: PgColumn | null;
  /** All rows of the list have one value here. It comes first, so that they are a part of the index that it leads. */
  readonly lead?: Lead;
}

/**
 * How many rows a statement fetches. Few different limits make few different statements; written into the SQL (not
 * bound), they let the planner see that it needs only the beginning of an index.
 */
const FETCHES = [2, 6, 11, 21, 51, 101] as const;

/** Enough for `count` rows and one more, which shows whether there are others. */
export function fetchFor(count: number): number {
  return FETCHES.find((fetch) => fetch > count) ?? FETCHES[FETCHES.length - 1] ?? count + 1;
}

/** Whether the rows nearest to the end that the page counts from are those with the lowest values. */
export const isReversed = (page: Page<unknown, string>): boolean =>
  (page.orderBy.direction === 'DESC') === (page.from === 'end');

/**
 * The rows nearest to the end that the page counts from come first; a page from the end is reversed afterwards.
 * @param of orders by the columns of the subquery of this name; left out: by the table's own
 */
export function orderOf(page: Page<unknown, string>, columns: OrderColumns, of?: string): SQL[] {
  const direction = directionOf(page);
  const term = (column: PgColumn) =>
    of === undefined
      ? sql`${column} ${direction}`
      : sql`${sql.identifier(of)}.${sql.identifier(column.name)} ${direction}`;
  return columns.id === null ? [term(columns.at)] : [term(columns.at), term(columns.id)];
}

/** The same of a table, with the page's limit, written into the SQL because Drizzle's `limit` would bind it. */
export function topOf(page: Page<unknown, string>, columns: OrderColumns): SQL {
  const limit = sql.raw(String(fetchFor(page.count)));
  const lead = columns.lead === undefined ? [] : [sql`${columns.lead.column} ${directionOf(page)}`];
  return sql`${sql.join([...lead, ...orderOf(page, columns)], sql`, `)} limit ${limit}`;
}

const directionOf = (page: Page<unknown, string>): SQL => (isReversed(page) ? sql`asc` : sql`desc`);

/** The window's two bounds as conditions on the rows. */
export function windowConditions(page: Page<unknown, string>, columns: OrderColumns): Condition[] {
  return [
    ...endOfWindow('after', page.after, isDescending(page) ? '<' : '>', columns),
    ...endOfWindow('before', page.before, isDescending(page) ? '>' : '<', columns),
  ];
}

/** The opposite of the window's bounds: rows at or before `after`, rows at or behind `before`. */
export function beyondConditions(
  page: Page<unknown, string>,
  columns: OrderColumns,
): { readonly previous: Condition | null; readonly next: Condition | null } {
  const [previous] = endOfWindow('after', page.after, isDescending(page) ? '>=' : '<=', columns);
  const [next] = endOfWindow('before', page.before, isDescending(page) ? '<=' : '>=', columns);
  return { previous: previous ?? null, next: next ?? null };
}

/** The part of a statement's shape that the page decides, apart from its filter. */
export function pageShape(page: Page<unknown, string>): string {
  const { field, direction } = page.orderBy;
  return `${field} ${direction} ${page.from} ${fetchFor(page.count)}`;
}

/** Cuts the fetched rows to the page, in the list's order. */
export function toList<Row>(
  page: Page<unknown, string>,
  fetched: readonly Row[],
  { hasPrevious, hasNext }: { readonly hasPrevious: boolean; readonly hasNext: boolean },
): Omit<ListOf<Row>, 'head'> {
  const cut = fetched.slice(0, page.count);
  const more = fetched.length > page.count;
  return page.from === 'start'
    ? {
        rows: cut,
        hasPrevious,
        hasNext: more || hasNext,
      }
    : {
        rows: cut.reverse(),
        hasPrevious: more || hasPrevious,
        hasNext,
      };
}

const isDescending = (page: Page<unknown, string>): boolean => page.orderBy.direction === 'DESC';

const list = (parts: readonly SQLWrapper[]): SQL => sql.join([...parts], sql`, `);

/** A row comparison, which uses one index range; written with OR it would read all rows before it. */
function endOfWindow(
  name: string,
  place: ListPlace | null,
  than: string,
  columns: OrderColumns,
): Condition[] {
  if (place === null) return [];
  const { at, id, lead } = columns;
  const compare = sql.raw(than);
  const rows =
    (columns: readonly SQLWrapper[], values: (valueAt: ValueAt) => readonly SQL[]) => (valueAt: ValueAt) =>
      lead === undefined
        ? sql`(${list(columns)}) ${compare} (${list(values(valueAt))})`
        : sql`(${list([lead.column, ...columns])}) ${compare} (${list([valueAt(lead.name), ...values(valueAt)])})`;
  if (id === null) {
    return [
      {
        shape: name,
        text: rows([at], (valueAt) => [sql`(${valueAt(name)})::bigint`]),
        values: { [name]: String(place.at) },
      },
    ];
  }
  return [
    {
      shape: name,
      text: rows([at, id], (valueAt) => [instantAt(name, valueAt), valueAt(`${name}Id`)]),
      values: { [name]: instantText(place.at), [`${name}Id`]: place.id },
    },
  ];
}
