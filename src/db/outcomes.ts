import { asc, eq, gt } from 'drizzle-orm';
import { deriveSession } from '../domain/outcome.ts';
import type { Session } from '../domain/session.ts';
import type { StageName } from '../domain/words.ts';
import { lockForWriting } from './locks.ts';
import { toSession } from './rows.ts';
import { sessions, store as storeTable } from './schema.ts';
import { writeStates } from './state-tables.ts';
import type { Db, Store } from './store.ts';

/** Sessions looked at in one transaction: short enough that callbacks hardly wait. */
const PORTION = 500;

/**
 * Outcomes are stored, for filters, and depend on EXPECTED_STAGES. Where the store's were computed with another
 * value they are computed anew, in portions under the writer's lock, before the gateway listens. Nothing else of
 * a session changes, its version neither: no callback came.
 */
export async function settleOutcomes(store: Store, expectedStages: readonly StageName[]): Promise<void> {
  const wanted = expectedStages.join(',');
  const [row] = await store.db.select().from(storeTable).where(eq(storeTable.id, 1));
  if (row?.expectedStages === wanted) return;
  for (let after: string | null = ''; after !== null; ) {
    const from: string = after;
    after = await store.write((tx) => settlePortion(tx, from, expectedStages));
  }
  await store.write(async (tx) => {
    await tx.update(storeTable).set({ expectedStages: wanted }).where(eq(storeTable.id, 1));
  });
}

/** Gives the id to go on after; null at the end. */
async function settlePortion(
  tx: Db,
  after: string,
  expectedStages: readonly StageName[],
): Promise<string | null> {
  await tx.execute(lockForWriting);
  const found = await tx
    .select()
    .from(sessions)
    .where(gt(sessions.sessionId, after))
    .orderBy(asc(sessions.sessionId))
    .limit(PORTION);
  const held = found.map(toSession);
  const settled = held.map((session) => deriveSession(session, expectedStages));
  const differ = (session: Session, index: number) => session.outcome !== held[index]?.outcome;
  const none = { payments: [], banks: [] };
  await writeStates(tx, { ...none, sessions: settled.filter(differ) }, { ...none, sessions: held });
  return held.at(-1)?.sessionId ?? null;
}
