import { and, asc, eq, lt, ne, sql } from 'drizzle-orm';
import type { Logger } from '../../logger.ts';
import { callbacks, payments, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { type Doomed, type Erased, erase, NOTHING_ERASED, sumErased } from './erase.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Sessions, payments and quarantined rows of one transaction: callbacks wait for it. */
const PORTION = 20;

export interface RetentionOptions {
  readonly store: Store;
  /** RETENTION_DAYS. */
  readonly days: number;
  readonly log: Logger;
  /** The store's clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Deletes what is older than it may be. */
export interface Retention {
  /** Deletes all that is due now; resolves when nothing more is. Rejects where the store cannot be reached. */
  run(): Promise<Erased>;
  /** Takes part in no further deletion. */
  close(): Promise<void>;
}

/**
 * Looks at once and then every hour. Whole sessions and payments go, with all their journal rows: finished ones
 * (sessions whose outcome is not PENDING, payments that are final) that changed last before the time. Unfinished ones
 * stay, however old, since nobody has said how they ended: `forget` is for them. Quarantined rows of that age that
 * belong to nothing that stays go too. Several instances may do it beside each other.
 */
export function createRetention({ store, days, log, now }: RetentionOptions): Retention {
  let closed = false;
  let running: Promise<Erased> | null = null;

  async function eraseDue(): Promise<Erased> {
    const before = new Date(now() - days * DAY_MS).toISOString();
    let erased = NOTHING_ERASED;
    while (!closed) {
      const portion = await erase(store, (tx) => findDue(tx, before));
      if (portion.sessions + portion.payments + portion.callbacks === 0) break;
      erased = sumErased(erased, portion);
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

async function findDue(tx: Db, before: string): Promise<Doomed> {
  const limit = sql`${before}::timestamptz`;
  const dueSessions = await tx
    .select({ id: sessions.sessionId })
    .from(sessions)
    .where(and(lt(sessions.updatedAt, limit), ne(sessions.outcome, 'PENDING')))
    .orderBy(asc(sessions.updatedAt))
    .limit(PORTION);
  const duePayments = await tx
    .select({ id: payments.paymentId })
    .from(payments)
    .where(and(lt(payments.updatedAt, limit), eq(payments.isFinal, true)))
    .orderBy(asc(payments.updatedAt))
    .limit(PORTION);
  const dueRows = await tx
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
    .orderBy(asc(callbacks.position))
    .limit(PORTION);
  return {
    sessions: dueSessions.map(({ id }) => id),
    payments: duePayments.map(({ id }) => id),
    positions: dueRows.map(({ position }) => position),
  };
}
