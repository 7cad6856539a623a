import { eq, type SQL, sql } from 'drizzle-orm';
import type { JournalRow } from '../domain/journal.ts';
import {
  type Applied,
  type ApplySettings,
  applyBatch,
  type Delivery,
  type Held,
  judgeOwners,
} from './apply-batch.ts';
import { bulkEncoder, excluded, isAnyOf, rowsFrom } from './bulk.ts';
import { lockForWriting } from './locks.ts';
import { fromPayment, fromSession, type PaymentRow, type SessionRow, toPayment, toSession } from './rows.ts';
import { banks, callbacks, payments, sessions, store } from './schema.ts';
import type { Db } from './store.ts';

/** The steps of recording a batch, in order, at which a test may kill the process. */
export type RecordingStep = 'begin' | 'journal-written' | 'before-commit' | 'committed' | 'before-publish';

/** Called at each step; what it gives is awaited. */
export type OnStep = (step: RecordingStep) => unknown;

const rows = sql`${sql.placeholder('rows')}::text::json`;

/**
 * Records a batch within the caller's transaction: the writer's lock first, then one round trip that reads all
 * that the batch touches, the decision, and one round trip of one multi-row statement a table.
 */
export async function writeBatch(
  tx: Db,
  deliveries: readonly Delivery[],
  settings: ApplySettings,
  onStep: OnStep,
  notify: ((position: number) => SQL) | null,
): Promise<Applied> {
  const { judged, held } = await readHeld(tx, deliveries);
  const applied = applyBatch(judged, held, settings);
  await Promise.all(writes(tx, applied, onStep, notify));
  return applied;
}

/** Statements are sent without awaiting one another: the connection answers them in order, in one round trip. */
async function readHeld(
  tx: Db,
  deliveries: readonly Delivery[],
): Promise<{ judged: readonly Delivery[]; held: Held }> {
  const named = namesOf(deliveries);
  const [, position, sessionRows, paymentRows, bankRows, keys] = await Promise.all([
    tx.execute(lockForWriting),
    readPosition(tx),
    readSessions(tx, named.sessions),
    readPayments(tx, named.payments),
    readBanks(tx, named.banks),
    readKeys(tx, named.digests),
  ]);
  const held = { position, sessions: sessionRows, payments: paymentRows, banks: bankRows, keys };
  const judged = judgeOwners(deliveries, held);
  const known = new Set(named.digests);
  const more = judged.map(({ parsed }) => parsed.digest).filter((digest) => !known.has(digest));
  return {
    judged,
    held: more.length === 0 ? held : { ...held, keys: [...keys, ...(await readKeys(tx, more))] },
  };
}

function namesOf(deliveries: readonly Delivery[]) {
  const names = { sessions: new Set<string>(), payments: new Set<string>(), banks: new Set<string>() };
  const digests = new Set<string>();
  for (const { parsed } of deliveries) {
    digests.add(parsed.digest);
    if (!parsed.ok) continue;
    const { callback } = parsed;
    names.banks.add(callback.bank.bankId);
    if (callback.kind === 'PAYMENT') names.payments.add(callback.paymentId);
    else names.sessions.add(callback.sessionId);
  }
  return {
    sessions: [...names.sessions],
    payments: [...names.payments],
    banks: [...names.banks],
    digests: [...digests],
  };
}

async function readPosition(tx: Db): Promise<number> {
  const [row] = await tx
    .select({ position: store.position })
    .from(store)
    .prepare('writer_position')
    .execute();
  if (row === undefined) throw new Error('the store has lost its one row');
  return row.position;
}

async function readSessions(tx: Db, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const found = await tx
    .select()
    .from(sessions)
    .where(isAnyOf(sessions.sessionId, 'ids'))
    .prepare('writer_sessions')
    .execute({ ids: JSON.stringify(ids) });
  return found.map(toSession);
}

async function readPayments(tx: Db, ids: readonly string[]) {
  if (ids.length === 0) return [];
  const found = await tx
    .select()
    .from(payments)
    .where(isAnyOf(payments.paymentId, 'ids'))
    .prepare('writer_payments')
    .execute({ ids: JSON.stringify(ids) });
  return found.map(toPayment);
}

async function readBanks(tx: Db, ids: readonly string[]) {
  if (ids.length === 0) return [];
  return tx
    .select()
    .from(banks)
    .where(isAnyOf(banks.bankId, 'ids'))
    .prepare('writer_banks')
    .execute({ ids: JSON.stringify(ids) });
}

async function readKeys(tx: Db, digests: readonly string[]) {
  return tx
    .select({
      position: callbacks.position,
      digest: callbacks.digest,
      attempt: callbacks.attempt,
      reason: callbacks.reason,
      webhookId: callbacks.webhookId,
    })
    .from(callbacks)
    .where(isAnyOf(callbacks.digest, 'digests'))
    .prepare('writer_keys')
    .execute({ digests: JSON.stringify(digests) });
}

const encodeCallbacks = bulkEncoder<JournalRow>(callbacks);
const encodeSessions = bulkEncoder<SessionRow>(sessions);
const encodePayments = bulkEncoder<PaymentRow>(payments);
const encodeBanks = bulkEncoder<Held['banks'][number]>(banks);

function* writes(
  tx: Db,
  applied: Applied,
  onStep: OnStep,
  notify: ((position: number) => SQL) | null,
): Generator<Promise<unknown>> {
  const last = applied.entries.at(-1);
  if (last !== undefined) {
    yield tx
      .insert(callbacks)
      .select(() => rowsFrom(callbacks, rows))
      .prepare('writer_journal')
      .execute({ rows: encodeCallbacks(applied.entries.map(({ row }) => row)) })
      .then(() => onStep('journal-written'));
    yield tx
      .update(store)
      .set({ position: sql`${sql.placeholder('position')}` })
      .where(eq(store.id, 1))
      .prepare('writer_move')
      .execute({ position: last.position });
    if (notify !== null) yield tx.execute(notify(last.position));
  }
  if (applied.sessions.length > 0) {
    yield tx
      .insert(sessions)
      .select(() => rowsFrom(sessions, rows))
      .onConflictDoUpdate({ target: sessions.sessionId, set: excluded(sessions) })
      .prepare('writer_upsert_sessions')
      .execute({ rows: encodeSessions(applied.sessions.map(fromSession)) });
  }
  if (applied.payments.length > 0) {
    yield tx
      .insert(payments)
      .select(() => rowsFrom(payments, rows))
      .onConflictDoUpdate({ target: payments.paymentId, set: excluded(payments) })
      .prepare('writer_upsert_payments')
      .execute({ rows: encodePayments(applied.payments.map(fromPayment)) });
  }
  if (applied.banks.length > 0) {
    yield tx
      .insert(banks)
      .select(() => rowsFrom(banks, rows))
      .onConflictDoUpdate({ target: banks.bankId, set: excluded(banks) })
      .prepare('writer_upsert_banks')
      .execute({ rows: encodeBanks(applied.banks) });
  }
  if (applied.repeats.length > 0) yield countRepeats(tx, applied.repeats);
}

/** A repeat alters nothing but these two columns, so that a row's content stays what the fold read. */
function countRepeats(tx: Db, repeats: Applied['repeats']): Promise<unknown> {
  const repeat = sql`json_to_recordset(${rows}) as repeat(position bigint, n integer, at text)`;
  return tx
    .update(callbacks)
    .set({
      deliveries: sql`${callbacks.deliveries} + repeat.n`,
      lastDeliveredAt: sql`greatest(${callbacks.lastDeliveredAt}, repeat.at::timestamptz)`,
    })
    .from(repeat)
    .where(eq(callbacks.position, sql`repeat.position`))
    .prepare('writer_repeats')
    .execute({
      rows: JSON.stringify(
        repeats.map(({ position, n, at }) => ({ position, n, at: new Date(at).toISOString() })),
      ),
    });
}
