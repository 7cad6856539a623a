import { sql } from 'drizzle-orm';
import type { Logger } from '../../logger.ts';
import { lockForMigration, tryLockForMigration } from '../locks.ts';
import type { Db } from '../store.ts';

/** While a process waits for the store, it logs so at this interval. */
const WAITS_MS = 3_000;

const WAITING =
  'still waiting for the store: another instance migrates it, or another session holds a lock on its tables (see pg_locks)';

/** No time-outs: neither for this process's migrations nor while it waits for another's. */
const patiently = sql`select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
  set_config('idle_in_transaction_session_timeout', '0', true)`;

/**
 * Takes the migration lock until the end of this transaction, which may then take as long as it needs. While another
 * process holds the lock it waits, and logs so.
 */
export async function takeTurn(tx: Db, log: Logger): Promise<void> {
  await tx.execute(patiently);
  const [row] = await tx.select({ taken: tryLockForMigration }).from(sql`(values (1)) as once`);
  if (row?.taken === true) return;
  log.info('another instance migrates the store: waiting until it is done');
  const patience = sayWaiting(log);
  await tx.execute(lockForMigration).finally(() => clearInterval(patience));
  log.info('the other instance is done: continuing');
}

/** Logs every few seconds that this process waits, until the timer is cleared. */
export function sayWaiting(log: Logger): NodeJS.Timeout {
  return setInterval(() => log.info(WAITING), WAITS_MS);
}
