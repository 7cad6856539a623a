import { RULES_EDITION } from '../../domain/rules-edition.ts';
import type { Logger } from '../../logger.ts';
import type { JournalOptions } from '../journal/journal.ts';
import { store } from '../schema.ts';
import type { Db } from '../store.ts';
import { rebuild } from '../upkeep/rebuild.ts';
import { takeTurn } from './migration-turn.ts';
import { createSteadyReport } from './steady-report.ts';

export interface ApplyRulesOptions extends Pick<JournalOptions, 'parse'> {
  /** True where no other process can have the store open. */
  readonly alone: boolean;
  readonly log: Logger;
}

/**
 * Computes all states again where they were computed by an earlier edition of the rules, and logs its progress. One
 * process does it; others that start meanwhile wait, and log that they do. Where nothing is to be done it only reads.
 * @param db with two connections at least, unless `alone`: one holds the migration lock, the other computes
 */
export async function applyRules(db: Db, { parse, alone, log }: ApplyRulesOptions): Promise<void> {
  if (!(await isBehind(db))) return;
  const compute = async () => {
    log.info(
      { edition: RULES_EDITION },
      'the rules have changed: computing all states again from the journal',
    );
    const report = createSteadyReport((position, last) =>
      log.info({ position, last }, `computing states again: position ${position} of ${last}`),
    );
    const { rows, sessions, payments } = await rebuild({ store: { db }, parse, onProgress: report });
    log.info({ rows, sessions, payments }, 'all states are computed by the rules of this version');
  };
  if (alone) return compute();
  await db.transaction(async (turn) => {
    await takeTurn(turn, log);
    if (await isBehind(turn)) await compute();
  });
}

async function isBehind(db: Db): Promise<boolean> {
  const [row] = await db.select({ edition: store.rulesEdition }).from(store);
  return row !== undefined && row.edition < RULES_EDITION;
}
