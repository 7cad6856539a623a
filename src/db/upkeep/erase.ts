import { inArray, lt, or, type SQL } from 'drizzle-orm';
import { lockForWriting } from '../locks.ts';
import { callbacks, payments, sessions, store as storeTable } from '../schema.ts';
import type { Db, Store } from '../store.ts';

/** What is to go, whole: sessions and payments with all that the journal holds of them, and single journal rows. */
export interface Doomed {
  readonly sessions: readonly string[];
  readonly payments: readonly string[];
  /** Positions of quarantined rows. */
  readonly positions: readonly number[];
}

/** How many rows of each kind are gone. */
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
 * Deletes what `find` gives, in one transaction under the writer's lock, so that no callback of a session is recorded
 * between its rows. Quarantined rows that claim one of the ids go too. The highest deleted position is kept in
 * `store.lowest`, with its row's fingerprint: a cursor below it counts as no longer reached. What stays is still the fold of its journal.
 */
export function erase(store: Store, find: (tx: Db) => Promise<Doomed>): Promise<Erased> {
  return store.write(async (tx) => {
    await tx.execute(lockForWriting);
    const doomed = await find(tx);
    const gone = await eraseRows(tx, doomed);
    if (gone.length > 0) {
      const highest = gone.reduce((highest, row) => (row.position > highest.position ? row : highest));
      await tx
        .update(storeTable)
        .set({ lowest: highest.position, lowestFingerprint: highest.fingerprint })
        .where(lt(storeTable.lowest, highest.position));
    }
    return {
      sessions: await eraseStates(tx, sessions, sessions.sessionId, doomed.sessions),
      payments: await eraseStates(tx, payments, payments.paymentId, doomed.payments),
      callbacks: gone.length,
    };
  });
}

/** Gives the rows that are gone. */
async function eraseRows(
  tx: Db,
  doomed: Doomed,
): Promise<readonly { readonly position: number; readonly fingerprint: string }[]> {
  const parts: SQL[] = [];
  if (doomed.sessions.length > 0) parts.push(inArray(callbacks.sessionId, [...doomed.sessions]));
  if (doomed.payments.length > 0) parts.push(inArray(callbacks.paymentId, [...doomed.payments]));
  if (doomed.positions.length > 0) parts.push(inArray(callbacks.position, [...doomed.positions]));
  if (parts.length === 0) return [];
  const { position, fingerprint, replayOf } = callbacks;
  const gone = await tx
    .delete(callbacks)
    .where(or(...parts))
    .returning({ position, fingerprint, replayOf });
  const applied = gone.flatMap((row) => row.replayOf ?? []);
  // What was replayed held the same body, and its subject may have been unreadable then.
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
