import type { CatchUp, Head } from '../../domain/catch-up.ts';
import { decodeCursor } from '../../domain/cursor.ts';
import { holdsPlace } from '../../domain/journal/history.ts';

/** Of more cursors than this the furthest are looked at: a client has two or three. */
const MOST_CURSORS = 8;

/** What a subscriber's cursors come to, judged against the store. */
export type Resumption =
  /** It brought none. */
  | { readonly from: null; readonly recovered: true }
  /**
   * It brought some, and none can be honoured: garbage, another store's, of a history that the store has no more, or
   * no longer reached.
   */
  | { readonly from: null; readonly recovered: false }
  /** It knows everything up to here. */
  | { readonly from: number; readonly recovered: true };

/**
 * The furthest cursor that can be honoured counts: one whose row the journal holds, and
 * behind which nothing was deleted.
 */
export async function resumption(
  cursors: readonly string[],
  head: Head,
  { fingerprintAt }: Pick<CatchUp, 'fingerprintAt'>,
): Promise<Resumption> {
  if (cursors.length === 0) return { from: null, recovered: true };
  const reached = cursors
    .flatMap((text) => decodeCursor(text) ?? [])
    .filter(({ identity, position }) => identity === head.identity && position >= head.lowest)
    .filter(({ position }) => position <= head.position)
    .sort((a, b) => b.position - a.position)
    .slice(0, MOST_CURSORS);
  for (const cursor of reached) {
    const { position } = cursor;
    const isKept = position === head.position || position === head.lowest;
    if (holdsPlace(head, cursor, isKept ? null : await fingerprintAt(position))) {
      return { from: position, recovered: true };
    }
  }
  return { from: null, recovered: false };
}
