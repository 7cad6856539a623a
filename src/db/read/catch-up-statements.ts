import { and, asc, desc, eq, gt, type SQL, sql } from 'drizzle-orm';
import { callbacks, payments, sessions, store } from '../schema.ts';
import type { Db } from '../store.ts';
import { HEAD_COLUMNS } from '../tables/head-columns.ts';
import { keysTable } from './keys-table.ts';

/** Rows read at once while catching up: the next are asked for when these are on their way. */
export const PORTION = 200;

const position = sql`${sql.placeholder('position')}::bigint`;
const owner = sql`${sql.placeholder('owner')}::text`;

/** The store's row, to stand in every row of an answer: also in the one that says that nothing was found. */
function headOf(db: Db) {
  return db.select(HEAD_COLUMNS).from(store).as('head');
}

/** What the row that changed a session or payment last was about. */
function lastOf(db: Db) {
  const { position: at, fingerprint, kind, stage } = callbacks;
  return db.select({ at, fingerprint, kind, stage }).from(callbacks).as('last');
}

const isOwned = (column: SQL, keys: ReturnType<typeof keysTable>): SQL =>
  sql`(${keys.owner} is null or ${column} = ${keys.owner})`;

/** Sessions by keys, with the head and their last change. By external id: the one created last. */
export function prepareSessionAtHead(db: Db, by: 'id' | 'externalId') {
  const keys = keysTable(db);
  const head = headOf(db);
  const last = lastOf(db);
  const column = by === 'id' ? sessions.sessionId : sessions.externalId;
  const found = db
    .select()
    .from(sessions)
    .where(and(sql`${column} = ${keys.id}`, isOwned(sql`${sessions.userId}`, keys)))
    .orderBy(...(by === 'id' ? [] : [desc(sessions.createdAt), desc(sessions.sessionId)]))
    .limit(1)
    .as('found');
  return db
    .select()
    .from(keys)
    .crossJoin(head)
    .leftJoinLateral(found, sql`true`)
    .leftJoin(last, eq(last.at, found.position))
    .prepare(`session_at_head_${by}`);
}

/** Payments by keys, with the head. By external id: the one created last. */
export function preparePaymentAtHead(db: Db, by: 'id' | 'externalId') {
  const keys = keysTable(db);
  const head = headOf(db);
  const last = lastOf(db);
  const column = by === 'id' ? payments.paymentId : payments.externalId;
  const found = db
    .select()
    .from(payments)
    .where(and(sql`${column} = ${keys.id}`, isOwned(sql`${payments.userExternalId}`, keys)))
    .orderBy(...(by === 'id' ? [] : [desc(payments.createdAt), desc(payments.paymentId)]))
    .limit(1)
    .as('found');
  return db
    .select()
    .from(keys)
    .crossJoin(head)
    .leftJoinLateral(found, sql`true`)
    .leftJoin(last, eq(last.at, found.position))
    .prepare(`payment_at_head_${by}`);
}

/** Sessions that changed last after a position, everybody's or one owner's. */
export function prepareSessionsSince(db: Db, whose: 'all' | 'own') {
  const head = headOf(db);
  const last = lastOf(db);
  const found = db
    .select()
    .from(sessions)
    .where(and(gt(sessions.position, position), whose === 'own' ? eq(sessions.userId, owner) : undefined))
    .orderBy(asc(sessions.position))
    .limit(PORTION)
    .as('found');
  return db
    .select()
    .from(head)
    .leftJoin(found, sql`true`)
    .leftJoin(last, eq(last.at, found.position))
    .orderBy(asc(found.position))
    .prepare(`sessions_since_${whose}`);
}

/** The same of payments. */
export function preparePaymentsSince(db: Db, whose: 'all' | 'own') {
  const head = headOf(db);
  const last = lastOf(db);
  const found = db
    .select()
    .from(payments)
    .where(
      and(gt(payments.position, position), whose === 'own' ? eq(payments.userExternalId, owner) : undefined),
    )
    .orderBy(asc(payments.position))
    .limit(PORTION)
    .as('found');
  return db
    .select()
    .from(head)
    .leftJoin(found, sql`true`)
    .leftJoin(last, eq(last.at, found.position))
    .orderBy(asc(found.position))
    .prepare(`payments_since_${whose}`);
}

/** The journal after a position. */
export function prepareJournalSince(db: Db) {
  const head = headOf(db);
  const found = db
    .select()
    .from(callbacks)
    .where(gt(callbacks.position, position))
    .orderBy(asc(callbacks.position))
    .limit(PORTION)
    .as('found');
  return db
    .select()
    .from(head)
    .leftJoin(found, sql`true`)
    .orderBy(asc(found.position))
    .prepare('journal_since');
}

/** The fingerprints of the rows at some positions. */
export function prepareFingerprints(db: Db) {
  return db
    .select({ position: callbacks.position, fingerprint: callbacks.fingerprint })
    .from(callbacks)
    .where(
      sql`${callbacks.position} = any(array(select json_array_elements_text(${sql.placeholder('positions')}::text::json)::bigint))`,
    )
    .prepare('fingerprints_at');
}

/** The head alone. */
export function prepareHead(db: Db) {
  return db.select(HEAD_COLUMNS).from(store).prepare('catch_up_head');
}
