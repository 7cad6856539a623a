import type { Head } from '../catch-up.ts';
import type { JournalPlace } from '../cursor.ts';

/** The history of a store at one moment, for a reader that knows its journal up to a row. */
export interface Sighting extends Head {
  /** The fingerprint of the row that the journal has at that position; null where it has none. */
  readonly rowThere: string | null;
  /** How often state was recomputed. */
  readonly recomputations: number;
  /** The system identifier of the cluster, and its timeline; null where they cannot be read. */
  readonly system: string | null;
  readonly timeline: string | null;
  /** A standby may be behind, so its journal proves nothing. */
  readonly isStandby: boolean;
}

/** Why what a reader knows of a store is no longer valid. */
const BREAKS = [
  'another store is there',
  'another database cluster is there',
  'the database cluster is on another timeline',
  'the journal ends before what was read of it',
  'the journal holds another row, or none, where it was read last',
  'state was recomputed',
] as const;
export type Break = (typeof BREAKS)[number];

/**
 * Whether the journal holds a row that a reader knows. Deletions by `forget` and retention do not make another history:
 * the store keeps the fingerprints of the highest deleted row and of the head.
 * @param rowThere the fingerprint that the journal has at that position; used for rows other than those two
 */
export function holdsPlace(
  head: Head,
  { position, fingerprint }: JournalPlace,
  rowThere: string | null,
): boolean {
  if (position > head.position) return false;
  if (position === head.position) return fingerprint === head.fingerprint;
  if (position === head.lowest) return fingerprint === head.lowestFingerprint;
  return fingerprint === rowThere;
}

/**
 * Compares two readings of a store: returns why the later one does not continue the earlier one; null where it does.
 * @param place the last row that is known; `now.rowThere` belongs to its position
 */
export function breakBetween(before: Sighting, place: JournalPlace, now: Sighting): Break | null {
  if (now.identity !== before.identity) return 'another store is there';
  if (differs(before.system, now.system)) return 'another database cluster is there';
  if (differs(before.timeline, now.timeline)) return 'the database cluster is on another timeline';
  if (now.position < place.position) return 'the journal ends before what was read of it';
  if (now.recomputations !== before.recomputations) return 'state was recomputed';
  // Before the first row all histories of a store are the same.
  return place.position === 0 || holdsPlace(now, place, now.rowThere)
    ? null
    : 'the journal holds another row, or none, where it was read last';
}

/** Whether the address now leads to another server: a connection to the old one would read old data. */
export const isOtherServer = (before: Sighting, now: Sighting): boolean =>
  differs(before.system, now.system) || differs(before.timeline, now.timeline);

const differs = (a: string | null, b: string | null): boolean => a !== null && b !== null && a !== b;
