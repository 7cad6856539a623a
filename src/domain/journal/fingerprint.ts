import { hash } from 'node:crypto';
import type { JournalRow } from './row.ts';

/** Sixteen hex digits: of all positions of all histories of one store, two alike are not to be expected. */
const DIGITS = 16;

/**
 * What a journal row is known by from one history of a store to another: the start of a SHA-256 over the row and the
 * fingerprint of the row before it, so that two journals with the same fingerprint somewhere are the same up to there.
 * A store that was put back gives the same positions again, with other fingerprints.
 * @param before of the row before it, also where that was deleted
 */
export function fingerprintOf(
  before: string,
  {
    position,
    digest,
    attempt,
    receivedAt,
  }: Pick<JournalRow, 'position' | 'digest' | 'attempt' | 'receivedAt'>,
): string {
  return hash('sha256', `${before} ${position} ${digest} ${attempt} ${receivedAt}`).slice(0, DIGITS);
}

/** What the last row is known by once state was computed again over it. */
export function recomputedFingerprint(before: string, recomputations: number): string {
  return hash('sha256', `${before} recomputed ${recomputations}`).slice(0, DIGITS);
}
