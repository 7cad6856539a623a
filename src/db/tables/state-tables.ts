import { getTableColumns, type SQL, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Callback } from '../../domain/journal/callback.ts';
import type { StateRows, StoredBank } from '../../domain/journal/state-fold.ts';
import type { Session } from '../../domain/session/session.ts';
import { banks, payments, sessions } from '../schema.ts';
import type { Db } from '../store.ts';
import { isAnyOf, recordset, rowEncoder, rowsFrom, rowsOf } from './json-rows.ts';
import { preparedByConnection } from './prepared-by-connection.ts';
import { fromPayment, type PaymentRow, type SessionRow, toPayment, toSession } from './rows.ts';
import type { StateCache } from './state-cache.ts';
import { writeStages } from './stored-stages.ts';

/** Parameter of a multi-row statement: all its rows as one JSON array. */
export const rows = sql`${sql.placeholder('rows')}::text::json`;

/** The ids that some callbacks name, each once. */
export interface Names {
  readonly sessions: readonly string[];
  readonly payments: readonly string[];
  readonly banks: readonly string[];
}

export function namesOf(callbacks: Iterable<Callback>): Names {
  const names = { sessions: new Set<string>(), payments: new Set<string>(), banks: new Set<string>() };
  for (const callback of callbacks) {
    names.banks.add(callback.bank.bankId);
    if (callback.kind === 'PAYMENT') names.payments.add(callback.paymentId);
    else names.sessions.add(callback.sessionId);
  }
  return { sessions: [...names.sessions], payments: [...names.payments], banks: [...names.banks] };
}

/** Reads the named states; statements are sent together, in one round trip. */
export async function readStates(tx: Db, names: Names, cache: StateCache | null = null): Promise<StateRows> {
  const [sessionRows, paymentRows, bankRows] = await Promise.all([
    readSessions(tx, names.sessions, cache),
    readPayments(tx, names.payments),
    readBanks(tx, names.banks, cache),
  ]);
  return { sessions: sessionRows, payments: paymentRows, banks: bankRows };
}

/**
 * Writes states: one statement a table, none where there is nothing to write.
 * @param held the states as they were read before: of an existing row, only what changed is sent
 */
export async function writeStates(tx: Db, states: StateRows, held: StateRows): Promise<void> {
  await Promise.all([
    writeSessions(tx, states.sessions, held.sessions),
    writePayments(tx, states.payments),
    writeBanks(tx, states.banks),
  ]);
}

async function readSessions(tx: Db, ids: readonly string[], cache: StateCache | null): Promise<Session[]> {
  if (ids.length === 0) return [];
  // Looked up now: rows read below may evict it from the cache.
  const cached = new Map(ids.map((id) => [id, cache?.session(id)]));
  const known = ids.map((id) => ({ id, stamp: cached.get(id)?.stamp ?? null }));
  const found = await statementsFor(tx).readSessions.execute({ known: JSON.stringify(known) });
  return found.flatMap(({ known: { id }, held, news }) => {
    // Where a join found nothing, Drizzle returns null for a table and an object of nulls for an expression.
    const stamp = held?.stamp ?? null;
    if (stamp === null) return [];
    if (news === null) return cached.get(id)?.state ?? [];
    const state = toSession(news);
    cache?.keepSession(state, stamp);
    return [state];
  });
}

async function readPayments(tx: Db, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const found = await statementsFor(tx).readPayments.execute({ ids: JSON.stringify(ids) });
  return found.map(toPayment);
}

async function readBanks(tx: Db, ids: readonly string[], cache: StateCache | null): Promise<StoredBank[]> {
  if (ids.length === 0) return [];
  const found = await statementsFor(tx).readBanks.execute({ ids: JSON.stringify(ids) });
  return found.map(({ stamp, ...bank }) => {
    cache?.keepBank(bank, stamp);
    return bank;
  });
}

/** A session as it is encoded: it has every column of its table, or this fails to compile. */
type EncodedSession = Omit<SessionRow, 'stages'> & Pick<Session, 'stages'>;

/** What a callback may change of a session that is stored. A list that is null stays as it is in the store. */
type SessionUpdate = Omit<EncodedSession, (typeof UNCHANGING)[number] | 'accounts' | 'transactionPages'> & {
  readonly [List in 'accounts' | 'transactionPages']: Session[List] | null;
};

const UNCHANGING = ['userId', 'bankId', 'createdAt'] as const;

const encodeSessions = rowEncoder<EncodedSession | SessionUpdate>(sessions, { stages: writeStages });
const encodePayments = rowEncoder<PaymentRow>(payments);
const encodeBanks = rowEncoder<StoredBank>(banks);

async function writeSessions(tx: Db, states: readonly Session[], before: readonly Session[]): Promise<void> {
  const { added, changed } = encodeSessionRows(states, before);
  await Promise.all([
    added !== null && statementsFor(tx).addSessions.execute({ rows: added }),
    changed !== null && statementsFor(tx).changeSessions.execute({ rows: changed }),
  ]);
}

/** Rows as a multi-row statement's parameter; null where there are none. */
interface SessionRows {
  readonly added: string | null;
  readonly changed: string | null;
}

/** @param before these sessions as they are in the store */
export function encodeSessionRows(states: readonly Session[], before: readonly Session[]): SessionRows {
  const old = new Map<string, Session>();
  for (const state of before) old.set(state.sessionId, state);
  const added: EncodedSession[] = [];
  const changed: SessionUpdate[] = [];
  for (const state of states) {
    const known = old.get(state.sessionId);
    if (known === undefined) added.push(state);
    else changed.push(changesOf(state, known));
  }
  return {
    added: added.length > 0 ? encodeSessions(added) : null,
    changed: changed.length > 0 ? encodeSessions(changed) : null,
  };
}

/**
 * The lists can be long and seldom change; where one does not, the fold returns the same array. Written out, because
 * spreading this many fields costs as much as encoding them.
 */
const changesOf = (state: Session, old: Session): SessionUpdate => ({
  sessionId: state.sessionId,
  externalId: state.externalId,
  isSca: state.isSca,
  stage: state.stage,
  status: state.status,
  outcome: state.outcome,
  nextAction: state.nextAction,
  failedStage: state.failedStage,
  conflict: state.conflict,
  stages: state.stages,
  accounts: state.accounts === old.accounts ? null : state.accounts,
  transactionPages: state.transactionPages === old.transactionPages ? null : state.transactionPages,
  version: state.version,
  position: state.position,
  updatedAt: state.updatedAt,
  lastFactAt: state.lastFactAt,
});

async function writePayments(tx: Db, states: StateRows['payments']): Promise<void> {
  if (states.length === 0) return;
  await statementsFor(tx).writePayments.execute({ rows: encodePayments(states.map(fromPayment)) });
}

async function writeBanks(tx: Db, states: StateRows['banks']): Promise<void> {
  if (states.length === 0) return;
  await statementsFor(tx).writeBanks.execute({ rows: encodeBanks(states) });
}

const statementsFor = preparedByConnection((db) => ({
  readSessions: prepareReadSessions(db),
  readPayments: db
    .select()
    .from(payments)
    .where(isAnyOf(payments.paymentId, 'ids'))
    .prepare('writer_payments'),
  readBanks: db
    .select({ ...getTableColumns(banks), stamp: sql<string>`${banks}.xmin::text` })
    .from(banks)
    .where(isAnyOf(banks.bankId, 'ids'))
    .prepare('writer_banks'),
  addSessions: upsert(db, sessions, sessions.sessionId).prepare('writer_add_sessions'),
  changeSessions: changeSessions(db, rows).prepare('writer_change_sessions'),
  writePayments: upsert(db, payments, payments.paymentId).prepare('writer_upsert_payments'),
  writeBanks: upsert(db, banks, banks.bankId).prepare('writer_upsert_banks'),
}));

/** Inserts rows, or overwrites those with the same key. */
const upsert = (db: Db, table: PgTable, key: PgColumn) =>
  db
    .insert(table)
    .select(() => rowsFrom(table, rows))
    .onConflictDoUpdate({ target: key, set: rowsOf('excluded', table) });

/**
 * Updates each row, except the columns that never change (UNCHANGING) and lists that are null.
 * @param only a condition without which no row is changed
 */
export const changeSessions = (db: Db, json: SQL, only = sql`true`) =>
  db
    .update(sessions)
    .set({
      ...rowsOf('changed', sessions, UNCHANGING),
      accounts: sql`coalesce(changed.accounts, ${sessions.accounts})`,
      transactionPages: sql`coalesce(changed.transaction_pages, ${sessions.transactionPages})`,
    })
    .from(sql`${recordset(sessions, json)} as changed`)
    .where(sql`${sessions.sessionId} = changed.session_id and ${only}`);

/** Reads each id's stamp, and the row itself only where the stamp differs from the cached one. */
function prepareReadSessions(db: Db) {
  const known = db
    .select({ id: sql<string>`id`.as('id'), stamp: sql<string | null>`stamp`.as('stamp') })
    .from(sql`json_to_recordset(${sql.placeholder('known')}::text::json) as known(id text, stamp text)`)
    .as('known');
  const stamp = sql<string | null>`${sessions}.xmin::text`;
  const isRow = sql`${sessions.sessionId} = ${known.id}`;
  const held = db
    .select({ stamp: stamp.as('held_stamp') })
    .from(sessions)
    .where(isRow)
    .limit(1)
    .as('held');
  const news = db
    .select()
    .from(sessions)
    .where(sql`${isRow} and ${stamp} is distinct from ${known.stamp}`)
    .limit(1)
    .as('news');
  return db
    .select()
    .from(known)
    .leftJoinLateral(held, sql`true`)
    .leftJoinLateral(news, sql`true`)
    .prepare('writer_sessions');
}
