import type { CatchUp, Head } from '../../domain/catch-up.ts';
import { decodeCursor, encodeCursor } from '../../domain/cursor.ts';
import { holdsPlace } from '../../domain/journal/history.ts';

/** The most cursors that are tried, the furthest first: a client has two or three. */
const MAX_CURSORS = 8;

/** Where a subscription resumes, by its cursors and the store's journal. */
export type Resumption =
  /** The client sent none. */
  | { readonly from: null; readonly recovered: true }
  /**
   * It sent some, and none can be honoured: each is malformed, another store's, of a history that the store no longer
   * has, or from before rows that were deleted.
   */
  | { readonly from: null; readonly recovered: false }
  /** The client has everything up to here; `cursor` says so. */
  | { readonly from: number; readonly cursor: string; readonly recovered: true };

/**
 * Chooses the furthest cursor that can be honoured: one whose row the journal holds, and after which nothing was
 * deleted.
 */
export async function resumption(
  cursors: readonly string[],
  head: Head,
  { fingerprintAt }: Pick<CatchUp, 'fingerprintAt'>,
): Promise<Resumption> {
  if (cursors.length === 0) return { from: null, recovered: true };
  const candidates = cursors
    .flatMap((text) => decodeCursor(text) ?? [])
    .filter(({ identity, position }) => identity === head.identity && position >= head.lowest)
    .filter(({ position }) => position <= head.position)
    .sort((a, b) => b.position - a.position)
    .slice(0, MAX_CURSORS);
  for (const cursor of candidates) {
    const { position } = cursor;
    const isKept = position === head.position || position === head.lowest;
    if (holdsPlace(head, cursor, isKept ? null : await fingerprintAt(position))) {
      return { from: position, cursor: encodeCursor(cursor), recovered: true };
    }
  }
  return { from: null, recovered: false };
}
