import { inArray, lt, or, type SQL } from 'drizzle-orm';
import { lockForWriting } from '../locks.ts';
import { callbacks, payments, sessions, store as storeTable } from '../schema.ts';
import type { Db, Store } from '../store.ts';

/** What to delete: sessions and payments with all of their journal rows, and single journal rows. */
export interface ToErase {
  readonly sessions: readonly string[];
  readonly payments: readonly string[];
  /** Positions of quarantined rows. */
  readonly positions: readonly number[];
}

/** How many rows of each kind were deleted. */
export interface Erased {
  readonly sessions: number;
  readonly payments: number;
  readonly callbacks: number;
}

export const NOTHING_ERASED: Erased = Object.freeze({ sessions: 0, payments: 0, callbacks: 0 });

export function sumErased(a: Erased, b: Erased): Erased {
  return {
    sessions: a.sessions + b.sessions,
    payments: a.payments + b.payments,
    callbacks: a.callbacks + b.callbacks,
  };
}

/**
 * Deletes what `find` returns, in one transaction under the writer's lock, so that no callback of a session is recorded
 * meanwhile. Quarantined rows that claim one of the ids are deleted too. The highest deleted position is kept in
 * `store.lowest` with its row's fingerprint: a cursor below it is no longer honoured. The remaining states are still the
 * fold of the remaining journal.
 */
export function erase(store: Pick<Store, 'write'>, find: (tx: Db) => Promise<ToErase>): Promise<Erased> {
  return store.write(async (tx) => {
    await tx.execute(lockForWriting);
    const toErase = await find(tx);
    const gone = await eraseRows(tx, toErase);
    if (gone.length > 0) {
      const highest = gone.reduce((highest, row) => (row.position > highest.position ? row : highest));
      await tx
        .update(storeTable)
        .set({ lowest: highest.position, lowestFingerprint: highest.fingerprint })
        .where(lt(storeTable.lowest, highest.position));
    }
    return {
      sessions: await eraseStates(tx, sessions, sessions.sessionId, toErase.sessions),
      payments: await eraseStates(tx, payments, payments.paymentId, toErase.payments),
      callbacks: gone.length,
    };
  });
}

/** Returns the deleted rows. */
async function eraseRows(
  tx: Db,
  toErase: ToErase,
): Promise<readonly { readonly position: number; readonly fingerprint: string }[]> {
  const parts: SQL[] = [];
  if (toErase.sessions.length > 0) parts.push(inArray(callbacks.sessionId, [...toErase.sessions]));
  if (toErase.payments.length > 0) parts.push(inArray(callbacks.paymentId, [...toErase.payments]));
  if (toErase.positions.length > 0) parts.push(inArray(callbacks.position, [...toErase.positions]));
  if (parts.length === 0) return [];
  const { position, fingerprint, replayOf } = callbacks;
  const gone = await tx
    .delete(callbacks)
    .where(or(...parts))
    .returning({ position, fingerprint, replayOf });
  const applied = gone.flatMap((row) => row.replayOf ?? []);
  // A replayed quarantined row has the same body, though its columns may not name the session or payment.
  const replayed =
    applied.length === 0
      ? []
      : await tx.delete(callbacks).where(inArray(position, applied)).returning({ position, fingerprint });
  return [...gone, ...replayed];
}

async function eraseStates(
  tx: Db,
  table: typeof sessions | typeof payments,
  key: typeof sessions.sessionId | typeof payments.paymentId,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const gone = await tx
    .delete(table)
    .where(inArray(key, [...ids]))
    .returning({ id: key });
  return gone.length;
}
