import { and, asc, desc, eq, gt, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { callbacks, sessions, store } from '../schema.ts';
import type { Db } from '../store.ts';
import { HEAD_COLUMNS } from '../tables/head-columns.ts';
import { batchKeys } from './batch-keys.ts';
import { instantAt } from './conditions.ts';
import type { StateTable } from './state-table.ts';

/** Rows read at once while catching up: the next are read after these were handed on. */
export const ROWS_PER_READ = 200;

/** An external id may be shared: then the state created last is found. */
type LookedUpBy = 'id' | 'external';

/** Finds states by keys. */
export function prepareStates<T extends StateTable['table']>(db: Db, states: StateTable<T>, by: LookedUpBy) {
  const keys = batchKeys(db);
  return db
    .select()
    .from(keys)
    .crossJoinLateral(stateOfKey(db, states, by, keys))
    .prepare(`${states.subject}_by_${by}`);
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
  return db
    .select()
    .from(keys)
    .crossJoin(head)
    .leftJoinLateral(stateOfKey(db, states, by, keys), sql`true`)
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

/** The state of one key, where the owner matches. */
function stateOfKey<T extends StateTable['table']>(
  db: Db,
  { table, id, owner }: StateTable<T>,
  by: LookedUpBy,
  keys: ReturnType<typeof batchKeys>,
) {
  const column: PgColumn = by === 'id' ? id : table.externalId;
  return db
    .select()
    .from(table)
    .where(sql`${column} = ${keys.id} and (${keys.owner} is null or ${owner} = ${keys.owner})`)
    .orderBy(...(by === 'id' ? [] : [desc(table.createdAt), desc(id)]))
    .limit(1)
    .as('found');
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
