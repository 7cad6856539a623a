import { and, asc, desc, eq, getTableColumns, gt, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { callbacks, sessions, store } from '../schema.ts';
import type { Db } from '../store.ts';
import { HEAD_COLUMNS } from '../tables/head-columns.ts';
import { SERVER } from '../tables/server.ts';
import { batchKeys } from './batch-keys.ts';
import { instantAt, type ValueAt } from './conditions.ts';
import { orderOf, type Page, topOf } from './page.ts';
import { type PageQuery, headOf as pageHeadOf, whereOf } from './page-query.ts';
import type { StateTable } from './state-table.ts';

/** Rows read at once while catching up: the next are read after these were handed on. */
export const ROWS_PER_READ = 200;

/** An external id may be shared: then the state created last is found. */
type LookedUpBy = 'id' | 'external';

/** A row that was found for a viewer: the index of its key, its id, and its stamp. */
export type Found = readonly [n: number, id: string, stamp: string];

/** Finds the rows of states by keys. One row, since many would cost more than what is in them. */
export function prepareStamps<T extends StateTable['table']>(db: Db, states: StateTable<T>, by: LookedUpBy) {
  const keys = batchKeys(db);
  const { where, orderBy } = lookUp(states, by, keys);
  const found = db
    .select({ id: states.id, stamp: stampOf(states) })
    .from(states.table)
    .where(where)
    .orderBy(...orderBy)
    .limit(1)
    .as('found');
  const list = sql`json_agg(json_build_array(${keys.n}, "found".${sql.identifier(states.id.name)}, "found"."stamp"))`;
  return db
    .select({
      server: SERVER,
      found: sql`(select ${list} from ${keys} cross join lateral ${found})::text`.mapWith(toFound),
    })
    .from(store)
    .prepare(`${states.subject}_stamps_by_${by}`);
}

/** Finds states by keys, with their stamps. */
export function prepareStates<T extends StateTable['table']>(db: Db, states: StateTable<T>, by: LookedUpBy) {
  const keys = batchKeys(db);
  const { where, orderBy } = lookUp(states, by, keys);
  const found = db
    .select(stampedColumns(states))
    .from(states.table)
    .where(where)
    .orderBy(...orderBy)
    .limit(1)
    .as('found');
  const on = db
    .select({ server: SERVER.as('server') })
    .from(store)
    .as('on');
  return db.select().from(keys).crossJoin(on).crossJoinLateral(found).prepare(`${states.subject}_by_${by}`);
}

/** The stamps of a page's rows, in the list's order. One row, as with keys. */
export function prepareStampedPage<T extends StateTable['table'], P extends Page<unknown, string>>(
  db: Db,
  states: StateTable<T>,
  query: PageQuery<P>,
  name?: string,
) {
  const { head, list } = stampedPage(db, states, query);
  const statement = db.select().from(head).crossJoin(list);
  return name === undefined ? statement : statement.prepare(name);
}

/**
 * The same of several pages of one shape, each with its own values: a row for each, with its index. Each page is found
 * by a lateral join, which reads a part of an index as if the page were alone.
 */
export function prepareStampedPages<T extends StateTable['table'], P extends Page<unknown, string>>(
  db: Db,
  states: StateTable<T>,
  query: PageQuery<P>,
  name?: string,
) {
  const columns = ['n int', ...Object.keys(query.values).map((value) => `"${value}" text`)].join(', ');
  const asked = sql`json_to_recordset((${sql.placeholder('asked')}::text)::json) as asked(${sql.raw(columns)})`;
  const { head, list } = stampedPage(
    db,
    states,
    query,
    { n: sql<number>`asked.n`.as('n') },
    (value) => sql`asked.${sql.identifier(value)}`,
  );
  const statement = db.select().from(asked).crossJoinLateral(head).crossJoinLateral(list);
  return name === undefined ? statement : statement.prepare(name);
}

function stampedPage<
  T extends StateTable['table'],
  P extends Page<unknown, string>,
  More extends Record<string, SQL.Aliased> = Record<never, never>,
>(
  db: Db,
  states: StateTable<T>,
  query: PageQuery<P>,
  // cast: without the argument More is the empty record
  more: More = {} as More,
  valueAt?: ValueAt,
) {
  const { page, columns } = query;
  const row = db
    .select({ at: columns.at, id: states.id, stamp: sql`${states.table}.xmin`.as('stamp') })
    .from(states.table)
    .where(whereOf(query, valueAt))
    .orderBy(topOf(page, columns))
    .as('row');
  const id = sql`"row".${sql.identifier(states.id.name)}`;
  // In the order of the subquery, as PostgreSQL documents it for an aggregate over nothing but a sorted subquery: an
  // `order by` of its own would sort again, which takes longer than all the rest.
  // Two arrays, since a JSON array for each row would take half of the statement's time.
  const list = db
    .select({
      ids: sql`array_to_json(array_agg(${id}))::text`.mapWith(toIds).as('ids'),
      stamps: sql`array_agg("row"."stamp")::text`.mapWith(toStamps).as('stamps'),
    })
    .from(row)
    .as('list');
  return {
    head: pageHeadOf(db, states.table, query, { ...more, server: SERVER.as('server') }, valueAt),
    list,
  };
}

/** The states of a page, in the list's order, with their stamps. */
export function prepareStatePage<T extends StateTable['table'], P extends Page<unknown, string>>(
  db: Db,
  states: StateTable<T>,
  query: PageQuery<P>,
  name?: string,
) {
  const { page, columns } = query;
  const row = db
    .select(stampedColumns(states))
    .from(states.table)
    .where(whereOf(query))
    .orderBy(topOf(page, columns))
    .as('row');
  const statement = db
    .select()
    .from(pageHeadOf(db, states.table, query, { server: SERVER.as('server') }))
    .leftJoin(row, sql`true`)
    .orderBy(...orderOf(page, columns, 'row'));
  return name === undefined ? statement : statement.prepare(name);
}

/** Finds states by keys, with the head and their last change; returns a row for each key, also without a state. */
export function prepareStatesAtHead<T extends StateTable['table']>(
  db: Db,
  states: StateTable<T>,
  by: LookedUpBy,
) {
  const keys = batchKeys(db);
  const head = headOf(db);
  const last = lastRow(db);
  const { where, orderBy } = lookUp(states, by, keys);
  const found = db
    .select()
    .from(states.table)
    .where(where)
    .orderBy(...orderBy)
    .limit(1)
    .as('found');
  return db
    .select()
    .from(keys)
    .crossJoin(head)
    .leftJoinLateral(found, sql`true`)
    .leftJoin(last, eq(last.at, foundPosition(states)))
    .prepare(`${states.subject}_at_head_by_${by}`);
}

/** States whose last change is after a position, of all owners or of one, with the head. */
export function prepareStatesSince<T extends StateTable['table']>(
  db: Db,
  states: StateTable<T>,
  whose: 'all' | 'own',
) {
  const { subject, table, owner } = states;
  const head = headOf(db);
  const last = lastRow(db);
  const isOwn = whose === 'own' ? sql`${owner} = ${sql.placeholder('owner')}::text` : undefined;
  const found = db
    .select()
    .from(table)
    .where(and(gt(table.position, SINCE), isOwn))
    .orderBy(asc(table.position))
    .limit(ROWS_PER_READ)
    .as('found');
  return db
    .select()
    .from(head)
    .leftJoin(found, sql`true`)
    .leftJoin(last, eq(last.at, foundPosition(states)))
    .orderBy(asc(foundPosition(states)))
    .prepare(`${subject}s_since_${whose}`);
}

/**
 * Pending sessions whose last fact lies in a window, of all owners or of one, the longest silent first, by the index of
 * pending sessions. Where `from` is null the window begins as long before the row `rowAt` was received as it takes to
 * stall.
 */
export function prepareStalled(db: Db, whose: 'all' | 'own') {
  const { lastFactAt, outcome, userId } = sessions;
  const receivedAt = db
    .select({ at: callbacks.receivedAt })
    .from(callbacks)
    .where(sql`${callbacks.position} = ${sql.placeholder('rowAt')}::bigint`);
  const from = sql`coalesce(${instantAt('from')}, (${receivedAt}) - ${sql.placeholder('afterMs')}::float8 * interval '1 ms', '-infinity')`;
  return db
    .select()
    .from(sessions)
    .where(
      and(
        sql`${outcome} = 'PENDING'`,
        sql`${lastFactAt} >= ${from}`,
        sql`${lastFactAt} < ${instantAt('before')}`,
        whose === 'own' ? sql`${userId} = ${sql.placeholder('owner')}::text` : undefined,
      ),
    )
    .orderBy(sql`${lastFactAt} fetch first ${sql.raw(String(ROWS_PER_READ))} rows with ties`)
    .prepare(`sessions_stalled_${whose}`);
}

/** Journal rows after a position, with the head. */
export function prepareJournalSince(db: Db) {
  const found = db
    .select()
    .from(callbacks)
    .where(gt(callbacks.position, SINCE))
    .orderBy(asc(callbacks.position))
    .limit(ROWS_PER_READ)
    .as('found');
  return db
    .select()
    .from(headOf(db))
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

const SINCE = sql`${sql.placeholder('position')}::bigint`;

/** Every transaction that writes a row, of any instance, changes it. */
const stampOf = ({ table }: StateTable) => sql<string>`${table}.xmin::text`.as('stamp');

const stampedColumns = <T extends StateTable['table']>(states: StateTable<T>) => ({
  ...getTableColumns(states.table),
  stamp: stampOf(states),
});

// cast: the list is built in the statement
const toFound = (text: unknown) => JSON.parse(String(text)) as readonly Found[];

// cast: the list is built in the statement
const toIds = (text: unknown) => JSON.parse(String(text)) as readonly string[];

/** As PostgreSQL writes an array of numbers: `{7,8}`. */
const toStamps = (text: unknown): readonly string[] => String(text).slice(1, -1).split(',');

/** Which row is the state of one key: the owner matches, and of several with one external id the newest. */
function lookUp({ table, id, owner }: StateTable, by: LookedUpBy, keys: ReturnType<typeof batchKeys>) {
  const column: PgColumn = by === 'id' ? id : table.externalId;
  return {
    where: sql`${column} = ${keys.id} and (${keys.owner} is null or ${owner} = ${keys.owner})`,
    orderBy: by === 'id' ? [] : [desc(table.createdAt), desc(id)],
  };
}

const foundPosition = ({ table }: StateTable): SQL => sql`"found".${sql.identifier(table.position.name)}`;

/** The store's row, joined to every row of a result, so that an empty result still has it. */
function headOf(db: Db) {
  return db.select(HEAD_COLUMNS).from(store).as('head');
}

/** The journal row that changed a state last. */
function lastRow(db: Db) {
  const { position: at, fingerprint, kind, stage } = callbacks;
  return db.select({ at, fingerprint, kind, stage }).from(callbacks).as('last');
}
