import { asc, eq, gt } from 'drizzle-orm';
import { formatStages, parseStages } from '../../domain/session/expected-stages.ts';
import { deriveSession } from '../../domain/session/outcome.ts';
import type { StageName } from '../../domain/words.ts';
import { lockForWriting } from '../locks.ts';
import { sessions, store as storeTable } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { toSession } from '../tables/rows.ts';
import { writeStates } from '../tables/state-tables.ts';
import { markRecomputed } from './mark-recomputed.ts';

/** Sessions recomputed in one transaction: few enough that callbacks hardly wait. */
const SESSIONS_PER_TRANSACTION = 500;

/**
 * Writes `expectedStages` to the store, for all instances: the instance started last sets them. From the first
 * transaction on every batch of every instance folds by them; then the outcomes stored before are computed again. Where
 * the process ends midway, the instance that calls `finishOutcomes` next does the rest. Returns how many sessions
 * differed.
 */
export async function settleOutcomes(store: Store, expectedStages: readonly StageName[]): Promise<number> {
  const wanted = formatStages(expectedStages);
  const row = await readRow(store.db);
  if (inForce(row) === wanted) return row.recomputedTo === null ? 0 : finishOutcomes(store);
  await store.write(async (tx) => {
    await tx.execute(lockForWriting);
    // Another instance may have set the same meanwhile.
    if (inForce(await readRow(tx)) === wanted) return;
    await tx.update(storeTable).set({ expectedStages: wanted, recomputedTo: '' }).where(eq(storeTable.id, 1));
  });
  return finishOutcomes(store);
}

const inForce = (row: { readonly expectedStages: string }): string =>
  formatStages(parseStages(row.expectedStages));

async function readRow(db: Db) {
  const [row] = await db.select().from(storeTable).where(eq(storeTable.id, 1));
  if (row === undefined) throw new Error('the table store has no row');
  return row;
}

/**
 * Computes again the outcomes that are not yet those of the store's `expectedStages`, in several transactions under the
 * writer's lock. Several instances may do it at once: each transaction takes the next sessions. A session whose outcome
 * differs gets its version + 1, so that clients' caches replace it; its times and position stay, since no callback came.
 * @param isOver called between two transactions: true stops, and leaves the rest to other instances
 */
export async function finishOutcomes(store: Store, isOver = (): boolean => false): Promise<number> {
  let differed = 0;
  while (!isOver()) {
    const more = await store.write(recomputeNext);
    if (more === null) break;
    differed += more;
  }
  return differed;
}

/** Returns how many sessions differed; null where nothing is left to do. */
async function recomputeNext(tx: Db): Promise<number | null> {
  await tx.execute(lockForWriting);
  const row = await readRow(tx);
  if (row.recomputedTo === null) return null;
  const expectedStages = parseStages(row.expectedStages);
  const found = await tx
    .select()
    .from(sessions)
    .where(gt(sessions.sessionId, row.recomputedTo))
    .orderBy(asc(sessions.sessionId))
    .limit(SESSIONS_PER_TRANSACTION);
  const held = found.map(toSession);
  const differing = held.flatMap((before) => {
    const after = deriveSession(before, expectedStages);
    const isSame = after.outcome === before.outcome && after.failedStage === before.failedStage;
    return isSame ? [] : [{ ...after, version: before.version + 1 }];
  });
  const none = { payments: [], banks: [] };
  await writeStates(tx, { ...none, sessions: differing }, { ...none, sessions: held });
  const last = held.length < SESSIONS_PER_TRANSACTION ? null : (held.at(-1)?.sessionId ?? null);
  await tx.update(storeTable).set({ recomputedTo: last }).where(eq(storeTable.id, 1));
  // In the same transaction: an instance that sees the mark also sees the last outcome.
  if (last === null) await markRecomputed(tx);
  return differing.length;
}
