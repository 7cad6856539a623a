import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { callbacks, payments, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { type Erased, erase, NOTHING_ERASED, sumErased } from './erase.ts';

/** The user, session or payment to forget, by id. */
export interface Forgotten {
  readonly kind: 'user' | 'session' | 'payment';
  readonly id: string;
}

/** Makes a test of whether a body's bytes name the id. */
type NamesId = (kind: Forgotten['kind'], id: string) => (body: Uint8Array) => boolean;

/** Sessions, and payments, deleted in one transaction: callbacks wait for it. */
const SUBJECTS_PER_TRANSACTION = 50;
/** Quarantined rows searched at once. */
const ROWS_PER_READ = 200;

/**
 * Deletes a session, a payment, or all of a user's: with `user`, sessions by their `userId` and payments by their
 * `user.externalId`. Everything that names the id is deleted: states, journal and quarantine; all of one session or
 * payment in one transaction. A callback that is delivered again afterwards counts as new.
 */
export async function forget(store: Store, forgotten: Forgotten, namesId: NamesId): Promise<Erased> {
  const { kind, id } = forgotten;
  if (kind !== 'user') {
    const positions = await quarantinedNaming(store, namesId(kind, id));
    return erase(store, async () => ({
      sessions: kind === 'session' ? [id] : [],
      payments: kind === 'payment' ? [id] : [],
      positions,
    }));
  }
  let erased = NOTHING_ERASED;
  for (let more = true; more; ) {
    const deleted = await erase(store, async (tx) => ({
      sessions: await idsWhere(tx, sessions, sessions.sessionId, eq(sessions.userId, id)),
      payments: await idsWhere(tx, payments, payments.paymentId, eq(payments.userExternalId, id)),
      positions: [],
    }));
    erased = sumErased(erased, deleted);
    more = deleted.sessions + deleted.payments > 0;
  }
  const positions = await quarantinedNaming(store, namesId(kind, id));
  return sumErased(erased, await erase(store, async () => ({ sessions: [], payments: [], positions })));
}

/** The ids to delete in the next transaction. */
async function idsWhere(
  tx: Db,
  table: typeof sessions | typeof payments,
  id: typeof sessions.sessionId | typeof payments.paymentId,
  isDue: SQL,
): Promise<readonly string[]> {
  const rows = await tx.select({ id }).from(table).where(isDue).limit(SUBJECTS_PER_TRANSACTION);
  return rows.map((row) => row.id);
}

/** Quarantined rows whose bytes name the id: their columns hold only what could be read. */
async function quarantinedNaming(
  store: Store,
  names: (body: Uint8Array) => boolean,
): Promise<readonly number[]> {
  const named: number[] = [];
  for (let after = 0; ; ) {
    const rows = await store.db
      .select({ position: callbacks.position, body: callbacks.body })
      .from(callbacks)
      .where(and(eq(callbacks.outcome, 'QUARANTINED'), gt(callbacks.position, after)))
      .orderBy(asc(callbacks.position))
      .limit(ROWS_PER_READ);
    named.push(...rows.filter(({ body }) => names(body)).map(({ position }) => position));
    const last = rows.at(-1);
    if (last === undefined) return named;
    after = last.position;
  }
}
