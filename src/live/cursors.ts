import type { Head } from '../domain/catch-up.ts';
import { decodeCursor } from '../domain/cursor.ts';

/** What a subscriber's cursors come to, judged against the store. */
export type Resumption =
  /** It brought none. */
  | { readonly from: null; readonly recovered: true }
  /** It brought some, and none can be honoured: garbage, another store's, beyond the head, or no longer reached. */
  | { readonly from: null; readonly recovered: false }
  /** It knows everything up to here. */
  | { readonly from: number; readonly recovered: true };

/** The texts as given, without those that mean none. One text may hold several, separated by commas. */
export function cursorsOf(...texts: readonly (string | null | undefined)[]): readonly string[] {
  return texts
    .flatMap((text) => text?.split(',') ?? [])
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** The furthest cursor that can be honoured counts (DESIGN §6, promises 2 and 3). */
export function resumption(cursors: readonly string[], { identity, position, lowest }: Head): Resumption {
  if (cursors.length === 0) return { from: null, recovered: true };
  let from: number | null = null;
  for (const text of cursors) {
    const cursor = decodeCursor(text);
    if (cursor === null || cursor.identity !== identity) continue;
    if (cursor.position > position || cursor.position < lowest) continue;
    from = Math.max(from ?? 0, cursor.position);
  }
  return from === null ? { from, recovered: false } : { from, recovered: true };
}
