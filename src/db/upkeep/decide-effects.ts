import { sql } from 'drizzle-orm';
import type { Callback } from '../../domain/journal/callback.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { States } from '../../domain/journal/state-fold.ts';
import { effectOf } from '../../domain/session/attempt.ts';
import { callbacks } from '../schema.ts';
import type { Db } from '../store.ts';

/** A row that was applied, and what its body says. */
export interface ReadRow {
  readonly row: JournalRow;
  readonly callback: Callback;
}

/**
 * Advances the states by rows of version 0.1, which do not say whether they confirm and put back: decides it as it
 * would be decided on receipt, with the attempt that the row has, and writes it to the row. Rows come in the order of
 * position, and the same rows are always given the same.
 */
export async function decideEffects(tx: Db, rows: readonly ReadRow[], states: States): Promise<void> {
  const decided: { position: number; confirms: boolean; puts_back: boolean }[] = [];
  for (const { row, callback } of rows) {
    const { position, attempt } = row;
    const effect =
      callback.kind === 'PAYMENT'
        ? { confirms: false, putsBack: false }
        : effectOf(states.session(callback.sessionId), callback, attempt);
    states.advance(callback, { ...row, ...effect });
    const { confirms, putsBack } = effect;
    if (confirms !== row.confirms || putsBack !== row.putsBack)
      decided.push({ position, confirms, puts_back: putsBack });
  }
  if (decided.length === 0) return;
  await tx
    .update(callbacks)
    .set({ confirms: sql`decided.confirms`, putsBack: sql`decided.puts_back` })
    .from(
      sql`json_to_recordset(${JSON.stringify(decided)}::text::json) as decided(position bigint, confirms boolean, puts_back boolean)`,
    )
    .where(sql`${callbacks.position} = decided.position`);
}
