import { and, asc, eq, gt, type SQL } from 'drizzle-orm';
import { callbacks, payments, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { type Erased, erase, NOTHING_ERASED, sumErased } from './erase.ts';

/** Who or what is to be forgotten, by the aggregator's id. */
export interface Forgotten {
  readonly kind: 'user' | 'session' | 'payment';
  readonly id: string;
}

/** Makes the judge of whether a body's bytes name the id. */
type NamesId = (kind: Forgotten['kind'], id: string) => (body: Uint8Array) => boolean;

/** Sessions and payments that go in one transaction: callbacks wait for it. */
const PORTION = 50;
/** Quarantined rows looked at in one turn. */
const QUARANTINED = 200;

/**
 * Deletes a session, a payment, or all of a user's: with `user`, sessions by their `userId` and payments by their
 * `user.externalId`. Whatever names the id goes: state, journal and quarantine. Each session and payment goes whole,
 * in one transaction. A callback that comes again afterwards is a new one.
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
    const portion = await erase(store, async (tx) => ({
      sessions: await idsWhere(tx, sessions, sessions.sessionId, eq(sessions.userId, id)),
      payments: await idsWhere(tx, payments, payments.paymentId, eq(payments.userExternalId, id)),
      positions: [],
    }));
    erased = sumErased(erased, portion);
    more = portion.sessions + portion.payments > 0;
  }
  const positions = await quarantinedNaming(store, namesId(kind, id));
  return sumErased(erased, await erase(store, async () => ({ sessions: [], payments: [], positions })));
}

/** The first ids of a portion. */
async function idsWhere(
  tx: Db,
  table: typeof sessions | typeof payments,
  id: typeof sessions.sessionId | typeof payments.paymentId,
  isDue: SQL,
): Promise<readonly string[]> {
  const rows = await tx.select({ id }).from(table).where(isDue).limit(PORTION);
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
      .limit(QUARANTINED);
    named.push(...rows.filter(({ body }) => names(body)).map(({ position }) => position));
    const last = rows.at(-1);
    if (last === undefined) return named;
    after = last.position;
  }
}
