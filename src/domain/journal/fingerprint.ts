import { hash } from 'node:crypto';
import type { JournalRow } from './row.ts';

/** Sixteen hex digits: enough that no two positions of any histories of one store are expected to be equal. */
const DIGITS = 16;

/**
 * Identifies a journal row across histories of a store: the start of a SHA-256 over the row and the fingerprint of the
 * row before it, so two journals with the same fingerprint at a position are equal up to there. A store that was restored
 * from a backup assigns the same positions again, with other fingerprints.
 * @param before the fingerprint of the row before it, even where that row was deleted
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

/** The head's new fingerprint after states were computed again. */
export function recomputedFingerprint(before: string, recomputations: number): string {
  return hash('sha256', `${before} recomputed ${recomputations}`).slice(0, DIGITS);
}
