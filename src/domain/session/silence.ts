import type { Instant, Session } from './session.ts';

/** STALLED_AFTER_MS where it is not set: ten minutes. */
export const DEFAULT_STALLED_AFTER_MS = 600_000;

/**
 * From when on a session counts as stalled. This depends on the clock alone, so it is derived on reading: it is never
 * stored, and changes no version.
 */
export interface Silence {
  /** A session under way without a new fact for this long is stalled, in milliseconds (STALLED_AFTER_MS). */
  readonly afterMs: number;
  /** The store's clock: one time for all instances. */
  now(): Instant;
}

/** What the clock publishes of a session that has stalled: nothing was recorded, so it has no position. */
export interface Stalled {
  readonly stalled: Session;
  /** Since when it counts as stalled. */
  readonly dueAt: Instant;
}

/** The columns that decide whether a session is stalled. */
type Awaited = Pick<Session, 'outcome' | 'lastFactAt'>;

/** Sessions under way whose last fact is not after this instant are stalled now. */
export const quietTo = ({ afterMs, now }: Silence): Instant => now() - afterMs;

/** Whether a session is stalled, by `quietTo`. */
export const isQuiet = ({ outcome, lastFactAt }: Awaited, to: Instant): boolean =>
  outcome === 'PENDING' && lastFactAt <= to;

export const isStalled = (session: Awaited, silence: Silence): boolean => isQuiet(session, quietTo(silence));

/** When it counts as stalled unless a fact comes; it may be past. Null where nothing is awaited. */
export const stallsAt = ({ outcome, lastFactAt }: Awaited, { afterMs }: Silence): Instant | null =>
  outcome === 'PENDING' ? lastFactAt + afterMs : null;
