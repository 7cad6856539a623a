import { sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Db } from '../store.ts';
import type { Condition } from './conditions.ts';
import { type ListOf, type OrderColumns, orderOf, type Page, topOf } from './page.ts';
import { headOf, listOf, type PageQuery, type PageRow, planPage, whereOf } from './page-query.ts';
import { createPreparedByShape } from './prepared-by-shape.ts';
import { type ReadQueue, readThrough } from './read-queue.ts';
import type { Reader } from './reader.ts';

type AnyPage = Page<unknown, string>;

export interface PageStatement<Row> {
  execute(values: Record<string, unknown>): Promise<readonly PageRow<Row>[]>;
}

interface ListOptions<P extends AnyPage, Row, Shown> {
  /** The prefix of its statements' names. */
  readonly name: string;
  columnsOf(page: P): OrderColumns;
  /** The conditions of the viewer and of the filter on its rows. */
  conditionsOf(page: P, reader: Reader): readonly Condition[];
  /** The statement for pages of this shape; without a name it is planned at each execution. */
  prepare(query: PageQuery<P>, name?: string): PageStatement<Row>;
  readonly toShown: (row: Row) => Shown;
  readonly queue: ReadQueue;
}

/** Reads pages of one list, each with its neighbours and the store's head in one statement. */
export function createListRead<P extends AnyPage, Row, Shown>(list: ListOptions<P, Row, Shown>) {
  const prepared = createPreparedByShape<PageStatement<Row>>(list.name);
  return async (page: P, reader: Reader): Promise<ListOf<Shown>> => {
    const query = planPage(page, list.columnsOf(page), list.conditionsOf(page, reader));
    const statement = prepared(query, (name) => list.prepare(query, name));
    const rows = await readThrough(list.queue, reader.cancellation, () => statement.execute(query.values));
    return listOf(page, rows, list.toShown);
  };
}

/** The statement of a list over a single table. */
export function preparePage<T extends PgTable, P extends AnyPage>(
  db: Db,
  table: T,
  query: PageQuery<P>,
  name?: string,
) {
  const { page, columns } = query;
  const row = db.select().from(table).where(whereOf(query)).orderBy(topOf(page, columns)).as('row');
  const statement = db
    .select()
    .from(headOf(db, table, query))
    .leftJoin(row, sql`true`)
    .orderBy(...orderOf(page, columns, 'row'));
  return name === undefined ? statement : statement.prepare(name);
}
