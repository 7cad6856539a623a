import { eq } from 'drizzle-orm';
import { parseStages } from '../../domain/session/expected-stages.ts';
import type { StageName } from '../../domain/words.ts';
import { store as storeTable } from '../schema.ts';
import type { Db } from '../store.ts';

/** The columns of the store's row about EXPECTED_STAGES. */
export interface StagesInStore {
  readonly expectedStages: string;
  readonly recomputedTo: string | null;
}

/** The stages that outcomes are computed with. */
export async function readExpectedStages(db: Db): Promise<readonly StageName[]> {
  const [row] = await db
    .select({ expectedStages: storeTable.expectedStages })
    .from(storeTable)
    .where(eq(storeTable.id, 1));
  return parseStages(row?.expectedStages ?? '');
}
