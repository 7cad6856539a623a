import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Head } from '../../domain/catch-up.ts';
import { store } from '../schema.ts';
import type { Db } from '../store.ts';
import { HEAD_COLUMNS } from '../tables/head-columns.ts';
import { allOf, asParameter, type Condition, leads, type ValueAt } from './conditions.ts';
import {
  beyondConditions,
  type ListOf,
  type OrderColumns,
  type Page,
  pageShape,
  toList,
  windowConditions,
} from './page.ts';

/** One page as a statement: its shape, its values, and the parts of its SQL. */
export interface PageQuery<P extends Page<unknown, string> = Page<unknown, string>> {
  readonly page: P;
  readonly columns: OrderColumns;
  readonly conditions: readonly Condition[];
  readonly shape: string;
  /** Whether the statement reads one part of one index, and no more rows of it than it returns. */
  readonly isShort: boolean;
  /** Whether one plan suits all values, so that the statement may be prepared under a name. */
  readonly isPlannedOnce: boolean;
  readonly values: Record<string, unknown>;
}

/** The statement for a page of the rows that meet these conditions. */
export function planPage<P extends Page<unknown, string>>(
  page: P,
  columns: OrderColumns,
  conditions: readonly Condition[],
): PageQuery<P> {
  const [only] = conditions;
  if (conditions.length === 1 && only?.lead !== undefined && only.lead.next === columns.at) {
    const { lead } = only;
    return planOf(page, { ...columns, lead }, [{ ...leads(lead, only), inOrderOf: columns.at }]);
  }
  return planOf(page, columns, conditions);
}

function planOf<P extends Page<unknown, string>>(
  page: P,
  columns: OrderColumns,
  conditions: readonly Condition[],
): PageQuery<P> {
  const all = [...conditions, ...windowConditions(page, columns)];
  const isShort = conditions.every(({ inOrderOf }) => inOrderOf === columns.at);
  return {
    page,
    columns,
    conditions,
    shape: [pageShape(page), ...all.map(({ shape }) => shape)].join(' '),
    isShort,
    isPlannedOnce: isShort || !conditions.some((condition) => condition.skewed),
    values: Object.assign({}, ...all.map(({ values }) => values)),
  };
}

/** Whether a row is in the page's window. */
export function whereOf({ page, columns, conditions }: PageQuery, valueAt?: ValueAt): SQL | undefined {
  return allOf([...conditions, ...windowConditions(page, columns)], valueAt);
}

/**
 * The store's row, and whether there are matching rows before and after the page's window.
 * @param more further columns of the store's row
 */
export function headOf<More extends Record<string, SQL.Aliased> = Record<never, never>>(
  db: Db,
  table: PgTable,
  { page, columns, conditions }: PageQuery,
  // cast: without the argument More is the empty record
  more: More = {} as More,
  valueAt: ValueAt = asParameter,
) {
  const { previous, next } = beyondConditions(page, columns);
  const any = (beyond: Condition | null) =>
    beyond === null
      ? sql<boolean>`false`
      : sql<boolean>`exists (select 1 from ${table} where ${allOf([...conditions, beyond], valueAt)})`;
  return db
    .select({
      ...HEAD_COLUMNS,
      ...more,
      hasPrevious: any(previous).as('has_previous'),
      hasNext: any(next).as('has_next'),
    })
    .from(store)
    .as('head');
}

/** A row of such a statement's answer. */
export interface PageRow<Row> {
  readonly head: Head & { readonly hasPrevious: boolean; readonly hasNext: boolean };
  readonly row: Row | null;
}

/** The rows that a page's statement returned, as the page. */
export function listOf<Row, Shown>(
  page: Page<unknown, string>,
  found: readonly PageRow<Row>[],
  toShown: (row: Row) => Shown,
): ListOf<Shown> {
  const [first] = found;
  if (first === undefined) throw new Error('the table store has no row: it was never migrated');
  const { hasPrevious, hasNext, ...head } = first.head;
  const shown = found.flatMap(({ row }) => (row === null ? [] : [toShown(row)]));
  return { ...toList(page, shown, { hasPrevious, hasNext }), head };
}
