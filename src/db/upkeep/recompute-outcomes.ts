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

/** Sessions looked at in one transaction: short enough that callbacks hardly wait. */
const PORTION = 500;

/**
 * Makes `expectedStages` those of the store, for all instances: the one that started last sets them. From the first
 * transaction on every batch of every instance folds by them; then the outcomes that were stored before are computed
 * again. A process that ends midway leaves the rest to whichever instance calls `finishOutcomes` next.
 * Gives how many sessions differed.
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
  if (row === undefined) throw new Error('the store has lost its one row');
  return row;
}

/**
 * Goes on with the outcomes that are not yet those of the store's `expectedStages`, in portions under the writer's
 * lock. Several instances may do it at once: each takes the next portion. A session whose outcome differs gets its
 * version + 1, so that a cache takes the right one; its times and position stay, since no callback came.
 * @param isOver looked at between two portions: true leaves the rest to others
 */
export async function finishOutcomes(store: Store, isOver = (): boolean => false): Promise<number> {
  let differed = 0;
  while (!isOver()) {
    const portion = await store.write(recomputePortion);
    if (portion === null) break;
    differed += portion;
  }
  return differed;
}

/** Gives how many sessions differed; null where nothing is left to do. */
async function recomputePortion(tx: Db): Promise<number | null> {
  await tx.execute(lockForWriting);
  const row = await readRow(tx);
  if (row.recomputedTo === null) return null;
  const expectedStages = parseStages(row.expectedStages);
  const found = await tx
    .select()
    .from(sessions)
    .where(gt(sessions.sessionId, row.recomputedTo))
    .orderBy(asc(sessions.sessionId))
    .limit(PORTION);
  const held = found.map(toSession);
  const differing = held.flatMap((before) => {
    const after = deriveSession(before, expectedStages);
    const isSame = after.outcome === before.outcome && after.failedStage === before.failedStage;
    return isSame ? [] : [{ ...after, version: before.version + 1 }];
  });
  const none = { payments: [], banks: [] };
  await writeStates(tx, { ...none, sessions: differing }, { ...none, sessions: held });
  const last = held.length < PORTION ? null : (held.at(-1)?.sessionId ?? null);
  await tx.update(storeTable).set({ recomputedTo: last }).where(eq(storeTable.id, 1));
  // In the same transaction: an instance that reads of it reads the last outcome too.
  if (last === null) await markRecomputed(tx);
  return differing.length;
}
