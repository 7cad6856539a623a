import { sql } from 'drizzle-orm';
import type { Callback } from '../domain/callback.ts';
import { bulkEncoder, excluded, isAnyOf, rowsFrom } from './bulk.ts';
import { fromPayment, fromSession, type PaymentRow, type SessionRow, toPayment, toSession } from './rows.ts';
import { banks, payments, sessions } from './schema.ts';
import { statementsOf } from './statements-of.ts';
import type { StateRows, StoredBank } from './states.ts';
import type { Db } from './store.ts';

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
export async function readStates(tx: Db, names: Names): Promise<StateRows> {
  const [sessionRows, paymentRows, bankRows] = await Promise.all([
    readSessions(tx, names.sessions),
    readPayments(tx, names.payments),
    readBanks(tx, names.banks),
  ]);
  return { sessions: sessionRows, payments: paymentRows, banks: bankRows };
}

/** Writes states over what the store holds of them: one statement a table, none where there is nothing to write. */
export async function writeStates(tx: Db, states: StateRows): Promise<void> {
  await Promise.all([
    writeSessions(tx, states.sessions),
    writePayments(tx, states.payments),
    writeBanks(tx, states.banks),
  ]);
}

async function readSessions(tx: Db, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const found = await statementsFor(tx).readSessions.execute({ ids: JSON.stringify(ids) });
  return found.map(toSession);
}

async function readPayments(tx: Db, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const found = await statementsFor(tx).readPayments.execute({ ids: JSON.stringify(ids) });
  return found.map(toPayment);
}

async function readBanks(tx: Db, ids: readonly string[]) {
  if (ids.length === 0) return [];
  return statementsFor(tx).readBanks.execute({ ids: JSON.stringify(ids) });
}

const encodeSessions = bulkEncoder<SessionRow>(sessions);
const encodePayments = bulkEncoder<PaymentRow>(payments);
const encodeBanks = bulkEncoder<StoredBank>(banks);

async function writeSessions(tx: Db, states: StateRows['sessions']): Promise<void> {
  if (states.length === 0) return;
  await statementsFor(tx).writeSessions.execute({ rows: encodeSessions(states.map(fromSession)) });
}

async function writePayments(tx: Db, states: StateRows['payments']): Promise<void> {
  if (states.length === 0) return;
  await statementsFor(tx).writePayments.execute({ rows: encodePayments(states.map(fromPayment)) });
}

async function writeBanks(tx: Db, states: StateRows['banks']): Promise<void> {
  if (states.length === 0) return;
  await statementsFor(tx).writeBanks.execute({ rows: encodeBanks(states) });
}

const statementsFor = statementsOf((db) => ({
  readSessions: db
    .select()
    .from(sessions)
    .where(isAnyOf(sessions.sessionId, 'ids'))
    .prepare('writer_sessions'),
  readPayments: db
    .select()
    .from(payments)
    .where(isAnyOf(payments.paymentId, 'ids'))
    .prepare('writer_payments'),
  readBanks: db.select().from(banks).where(isAnyOf(banks.bankId, 'ids')).prepare('writer_banks'),
  writeSessions: db
    .insert(sessions)
    .select(() => rowsFrom(sessions, rows))
    .onConflictDoUpdate({ target: sessions.sessionId, set: excluded(sessions) })
    .prepare('writer_upsert_sessions'),
  writePayments: db
    .insert(payments)
    .select(() => rowsFrom(payments, rows))
    .onConflictDoUpdate({ target: payments.paymentId, set: excluded(payments) })
    .prepare('writer_upsert_payments'),
  writeBanks: db
    .insert(banks)
    .select(() => rowsFrom(banks, rows))
    .onConflictDoUpdate({ target: banks.bankId, set: excluded(banks) })
    .prepare('writer_upsert_banks'),
}));
