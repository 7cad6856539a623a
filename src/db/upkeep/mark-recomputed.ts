import { eq, sql } from 'drizzle-orm';
import { recomputedFingerprint } from '../../domain/journal/fingerprint.ts';
import { CHANNEL, lockForWriting } from '../locks.ts';
import { store } from '../schema.ts';
import type { Db } from '../store.ts';

/**
 * Says that state was computed anew, other than by a new row of the journal. Called once, in the last transaction of
 * whatever did it: it takes the writer's lock, where the transaction has not done so. From then on no earlier cursor
 * is honoured, since what its bearer holds may differ in more than what came later, and instances send their
 * subscribers a SNAPSHOT. The head gets another fingerprint, so that this is true of a cursor at the head, too.
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
