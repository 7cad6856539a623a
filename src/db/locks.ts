import { sql } from 'drizzle-orm';

/*
 * Advisory locks of the database, held until the end of the transaction. The numbers are Callboard's own: they
 * only have to differ from each other and from other programs' on the same database.
 */

const WRITER_LOCK = 7226255201;

/**
 * One writer at a time among all instances: positions are given in the order of commits, without a hole, and no
 * batch folds over a state that another is about to change. It must be a statement of its own, since the next
 * one's snapshot is to see what the lock's last holder committed.
 *
 * This one is for what writes states other than as a batch of callbacks. It writes the store's row, whose `xmin` then says that
 * states may have changed: a batch that was folded from memory is written only where that is still the known one.
 */
export const lockForWriting = sql`update store set position = position
  where id = 1 and pg_advisory_xact_lock(${sql.raw(String(WRITER_LOCK))}) is not null`;

/** The same lock for a batch of callbacks, which moves the store's row itself; part of a statement that is prepared. */
export const callLockForWriting = sql`pg_advisory_xact_lock(${sql.raw(String(WRITER_LOCK))})`;

/** The same, without waiting: whether it was taken. */
export const tryLockForWriting = sql<boolean>`pg_try_advisory_xact_lock(${sql.raw(String(WRITER_LOCK))})`;

/** One instance at a time applies migrations. */
export const lockForMigration = sql`select pg_advisory_xact_lock(7226255202)`;

/** The same, without waiting: whether it was taken. */
export const tryLockForMigration = sql<boolean>`pg_try_advisory_xact_lock(7226255202)`;

/** One rebuild prepares its tables at a time. */
export const lockForRebuild = sql`select pg_advisory_xact_lock(7226255203)`;

/** The channel on which each batch sends its last position. */
export const CHANNEL = 'callboard';
