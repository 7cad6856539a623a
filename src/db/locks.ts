import { sql } from 'drizzle-orm';

/*
 * Advisory locks of the database, held until the end of the transaction. The numbers are arbitrary: they only have to
 * differ from each other and from those of other programs on the same database.
 */

const WRITER_LOCK = 7226255201;

/**
 * One writer at a time among all instances: positions are assigned in the order of commits, without a gap, and no
 * batch folds over a state that another is about to change. It must be a statement of its own, so that the snapshot of
 * the next statement sees what the lock's last holder committed.
 *
 * This lock is for transactions that write states other than as a batch of callbacks. It updates the store's row, so
 * that the row's `xmin` changes: a batch folded from cached states is written only where `xmin` is still the cached one.
 */
export const lockForWriting = sql`update store set position = position
  where id = 1 and pg_advisory_xact_lock(${sql.raw(String(WRITER_LOCK))}) is not null`;

/** The same lock for a batch of callbacks, which updates the store's row itself; part of a prepared statement. */
export const callLockForWriting = sql`pg_advisory_xact_lock(${sql.raw(String(WRITER_LOCK))})`;

/** The same, without waiting: whether it was taken. */
export const tryLockForWriting = sql<boolean>`pg_try_advisory_xact_lock(${sql.raw(String(WRITER_LOCK))})`;

/** One instance at a time applies migrations. */
export const lockForMigration = sql`select pg_advisory_xact_lock(7226255202)`;

/** The same, without waiting: whether it was taken. */
export const tryLockForMigration = sql<boolean>`pg_try_advisory_xact_lock(7226255202)`;

/** One rebuild at a time prepares its tables. */
export const lockForRebuild = sql`select pg_advisory_xact_lock(7226255203)`;

/** The NOTIFY channel on which each batch sends its last position. */
export const CHANNEL = 'callboard';
