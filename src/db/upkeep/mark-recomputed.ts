import { eq, sql } from 'drizzle-orm';
import { recomputedFingerprint } from '../../domain/journal/fingerprint.ts';
import { CHANNEL, lockForWriting } from '../locks.ts';
import { store } from '../schema.ts';
import type { Db } from '../store.ts';

/**
 * Records that states were computed again, other than by a new row of the journal. Called once, in the last transaction
 * of the recomputation; takes the writer's lock, where the transaction does not hold it yet. From then on no earlier
 * cursor is honoured, since the states that a client has may differ from the recomputed ones, and instances send their
 * subscribers a SNAPSHOT. The head gets another fingerprint, so that a cursor at the head is not honoured either.
 */
export async function markRecomputed(tx: Db): Promise<void> {
  await tx.execute(lockForWriting);
  const [row] = await tx.select().from(store).where(eq(store.id, 1));
  if (row === undefined) return;
  const recomputations = row.recomputations + 1;
  const fingerprint = recomputedFingerprint(row.fingerprint, recomputations);
  await tx
    .update(store)
    .set({ recomputations, fingerprint, lowest: row.position, lowestFingerprint: fingerprint })
    .where(eq(store.id, 1));
  await tx.execute(sql`select pg_notify(${CHANNEL}, ${String(row.position)})`);
}
