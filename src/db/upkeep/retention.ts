import { and, asc, eq, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Logger } from '../../logger.ts';
import { callbacks, payments, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { type Erased, erase, NOTHING_ERASED, sumErased, type ToErase } from './erase.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Sessions, payments and quarantined rows, each, of one transaction: callbacks wait for it. */
const ROWS_PER_TRANSACTION = 20;

export interface RetentionOptions {
  readonly store: Pick<Store, 'write'>;
  /** RETENTION_DAYS. */
  readonly days: number;
  readonly log: Logger;
  /** The store's clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Deletes what is older than RETENTION_DAYS. */
export interface Retention {
  /** Deletes all that is due now and resolves when it is done. Rejects where the store cannot be reached. */
  run(): Promise<Erased>;
  /** Stops after the current transaction, and deletes nothing more. */
  close(): Promise<void>;
}

/**
 * Runs at once and then every hour. It deletes whole sessions and payments with all their journal rows: finished ones
 * (sessions whose outcome is not PENDING, final payments) whose last change is older than `days`. Unfinished ones stay,
 * however old, since it is not known how they ended: `forget` deletes them. Quarantined rows of that age are deleted
 * too, unless they belong to a session or payment that stays. Several instances may run it at the same time.
 */
export function createRetention({ store, days, log, now }: RetentionOptions): Retention {
  let closed = false;
  let running: Promise<Erased> | null = null;

  async function eraseDue(): Promise<Erased> {
    const before = new Date(now() - days * DAY_MS).toISOString();
    let erased = NOTHING_ERASED;
    while (!closed) {
      const deleted = await erase(store, (tx) => findDue(tx, before));
      if (deleted.sessions + deleted.payments + deleted.callbacks === 0) break;
      erased = sumErased(erased, deleted);
    }
    if (erased.sessions + erased.payments + erased.callbacks > 0) {
      log.info({ ...erased, days }, 'deleted what is older than RETENTION_DAYS');
    }
    return erased;
  }

  function run(): Promise<Erased> {
    running ??= eraseDue().finally(() => {
      running = null;
    });
    return running;
  }

  const runQuietly = () => {
    run().catch((err: unknown) => {
      log.error(
        { err },
        'what is older than RETENTION_DAYS could not be deleted: it is tried again in an hour',
      );
    });
  };
  const timer = setInterval(runQuietly, HOUR_MS).unref();
  runQuietly();

  return {
    run,
    async close() {
      closed = true;
      clearInterval(timer);
      await running?.catch(() => undefined);
    },
  };
}

async function findDue(tx: Db, before: string): Promise<ToErase> {
  const limit = sql`${before}::timestamptz`;
  const dueSessions = await tx
    .select({ id: sessions.sessionId })
    .from(sessions)
    .where(and(lt(sessions.updatedAt, limit), ne(sessions.outcome, 'PENDING')))
    .orderBy(asc(sessions.updatedAt))
    .limit(ROWS_PER_TRANSACTION);
  const duePayments = await tx
    .select({ id: payments.paymentId })
    .from(payments)
    .where(and(lt(payments.updatedAt, limit), eq(payments.isFinal, true)))
    .orderBy(asc(payments.updatedAt))
    .limit(ROWS_PER_TRANSACTION);
  const states = { sessions: dueSessions.map(({ id }) => id), payments: duePayments.map(({ id }) => id) };
  if (dueSessions.length + duePayments.length > 0) return { ...states, positions: [] };
  return { ...states, positions: await findDueRows(tx, limit) };
}

/** After all sessions and payments that are due: their rows went with them. Old rows of those that stay are read each time. */
async function findDueRows(tx: Db, limit: SQL): Promise<readonly number[]> {
  const rows = await tx
    .select({ position: callbacks.position })
    .from(callbacks)
    .where(
      and(
        eq(callbacks.outcome, 'QUARANTINED'),
        lt(callbacks.lastDeliveredAt, limit),
        sql`not exists (select from ${sessions} where ${sessions.sessionId} = ${callbacks.sessionId})`,
        sql`not exists (select from ${payments} where ${payments.paymentId} = ${callbacks.paymentId})`,
        sql`not exists (select from ${callbacks} as applied where applied.replay_of = ${callbacks.position})`,
      ),
    )
    .orderBy(asc(callbacks.lastDeliveredAt))
    .limit(ROWS_PER_TRANSACTION);
  return rows.map(({ position }) => position);
}
