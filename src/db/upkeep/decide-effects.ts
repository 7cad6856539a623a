import { sql } from 'drizzle-orm';
import type { Callback } from '../../domain/journal/callback.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { States } from '../../domain/journal/state-fold.ts';
import { effectOf } from '../../domain/session/attempt.ts';
import { callbacks } from '../schema.ts';
import type { Db } from '../store.ts';

/** A row that was applied, and its parsed body. */
export interface ReadRow {
  readonly row: JournalRow;
  readonly callback: Callback;
}

/**
 * Advances the states by rows of version 0.1, which lack `confirms` and `putsBack`: decides both as on receipt, with the
 * attempt that the row has, and writes them to the row. Rows come in the order of position. The same rows always get
 * the same values.
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
