import { sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Cancellation } from '../../domain/cancellation.ts';
import type { CallbackFilter, PaymentFilter, SessionFilter } from '../../domain/filters.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import type { Session } from '../../domain/session/session.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { callbacks, payments, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { toJournalRow, toPayment, toSession } from '../tables/rows.ts';
import { callbackConditions, paymentConditions, sessionConditions } from './conditions.ts';
import { type Ask, askFor, headOf, listOf, whereOf } from './list-statement.ts';
import { type ListOf, type OrderColumns, orderOf, type Page, topOf } from './page.ts';
import { createStatements } from './prepared-by-shape.ts';
import { type ReadQueue, readThrough } from './read-queue.ts';
import { callbackScope, paymentScope, sessionScope } from './scope.ts';

export type ListOrderField = 'CREATED_AT' | 'UPDATED_AT';
export type SessionPage = Page<SessionFilter, ListOrderField>;
export type PaymentPage = Page<PaymentFilter, ListOrderField>;
export type CallbackPage = Page<CallbackFilter, 'POSITION'>;

/**
 * The lists, each page with its neighbours and the store's head in one statement. A read that is given up before its
 * statement is sent rejects with the reason.
 */
export interface ListReads {
  sessions(page: SessionPage, viewer: Viewer, cancellation?: Cancellation): Promise<ListOf<Session>>;
  payments(page: PaymentPage, viewer: Viewer, cancellation?: Cancellation): Promise<ListOf<Payment>>;
  /** Empty for who is not an operator. */
  callbacks(page: CallbackPage, viewer: Viewer, cancellation?: Cancellation): Promise<ListOf<JournalRow>>;
}

export function createListReads({ db }: Pick<Store, 'db'>, queue: ReadQueue): ListReads {
  const ofSessions = createStatements<ReturnType<typeof prepareSessions>>('sessions');
  const ofPayments = createStatements<ReturnType<typeof preparePayments>>('payments');
  const ofCallbacks = createStatements<ReturnType<typeof prepareCallbacks>>('callbacks');

  return {
    async sessions(page, viewer, cancellation) {
      const ask = askFor(page, sessionColumns(page), [
        ...sessionScope(viewer),
        ...sessionConditions(page.filter),
      ]);
      const statement = ofSessions(ask, (name) => prepareSessions(db, ask, name));
      const rows = await readThrough(queue, cancellation, () => statement.execute(ask.values));
      return listOf(page, rows, toSession);
    },
    async payments(page, viewer, cancellation) {
      const ask = askFor(page, paymentColumns(page), [
        ...paymentScope(viewer),
        ...paymentConditions(page.filter),
      ]);
      const statement = ofPayments(ask, (name) => preparePayments(db, ask, name));
      const rows = await readThrough(queue, cancellation, () => statement.execute(ask.values));
      return listOf(page, rows, toPayment);
    },
    async callbacks(page, viewer, cancellation) {
      const ask = askFor(page, CALLBACK_COLUMNS, [
        ...callbackScope(viewer),
        ...callbackConditions(page.filter),
      ]);
      const statement = ofCallbacks(ask, (name) => prepareCallbacks(db, ask, name));
      const rows = await readThrough(queue, cancellation, () => statement.execute(ask.values));
      return listOf(page, rows, toJournalRow);
    },
  };
}

interface OrderedTable {
  readonly createdAt: PgColumn;
  readonly updatedAt: PgColumn;
}

const timeOf = (field: ListOrderField, table: OrderedTable): PgColumn =>
  field === 'CREATED_AT' ? table.createdAt : table.updatedAt;

const sessionColumns = (
  { orderBy: { field } }: SessionPage,
  table: OrderedTable & { readonly sessionId: PgColumn } = sessions,
): OrderColumns => ({ at: timeOf(field, table), id: table.sessionId });

const paymentColumns = (
  { orderBy: { field } }: PaymentPage,
  table: OrderedTable & { readonly paymentId: PgColumn } = payments,
): OrderColumns => ({ at: timeOf(field, table), id: table.paymentId });

/** Positions have no ties. */
export const CALLBACK_COLUMNS: OrderColumns = { at: callbacks.position, id: null };

function prepareSessions(db: Db, ask: Ask<SessionPage>, name?: string) {
  const row = db.select().from(sessions).where(whereOf(ask)).orderBy(topOf(ask.page, ask.columns)).as('row');
  const query = db
    .select()
    .from(headOf(db, sessions, ask))
    .leftJoin(row, sql`true`)
    .orderBy(...orderOf(ask.page, sessionColumns(ask.page, row)));
  return name === undefined ? query : query.prepare(name);
}

function preparePayments(db: Db, ask: Ask<PaymentPage>, name?: string) {
  const row = db.select().from(payments).where(whereOf(ask)).orderBy(topOf(ask.page, ask.columns)).as('row');
  const query = db
    .select()
    .from(headOf(db, payments, ask))
    .leftJoin(row, sql`true`)
    .orderBy(...orderOf(ask.page, paymentColumns(ask.page, row)));
  return name === undefined ? query : query.prepare(name);
}

function prepareCallbacks(db: Db, ask: Ask<CallbackPage>, name?: string) {
  const row = db.select().from(callbacks).where(whereOf(ask)).orderBy(topOf(ask.page, ask.columns)).as('row');
  const query = db
    .select()
    .from(headOf(db, callbacks, ask))
    .leftJoin(row, sql`true`)
    .orderBy(...orderOf(ask.page, { at: row.position, id: null }));
  return name === undefined ? query : query.prepare(name);
}
