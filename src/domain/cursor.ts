/** A journal row: its position, and the fingerprint that distinguishes it from another history's row there. */
export interface JournalPlace {
  readonly position: number;
  /** See journal/fingerprint.ts. */
  readonly fingerprint: string;
}

/** A place in the journal of one store. */
export interface Cursor extends JournalPlace {
  /** Which store: eight hex digits (`store.identity`). */
  readonly identity: string;
}

const FORM = /^([0-9a-f]{8})\.(0|[1-9][0-9]{0,15})\.([0-9a-f]{16})$/;

/** The opaque text given to clients: valid on every instance and for every subscription of the same store. */
export function encodeCursor({ identity, position, fingerprint }: Cursor): string {
  return Buffer.from(`${identity}.${position}.${fingerprint}`).toString('base64url');
}

/**
 * The cursors in one text of a client: an argument, an extension or a header may hold several, separated by commas. Null
 * and an empty text hold none.
 */
export function splitCursors(text: string | null | undefined): readonly string[] {
  if (text == null || text === '') return [];
  return text
    .split(',')
    .map((cursor) => cursor.trim())
    .filter((cursor) => cursor !== '');
}

/** Null where the text is not a cursor: a subscription with it then opens with a SNAPSHOT. */
export function decodeCursor(text: string): Cursor | null {
  const [, identity, digits, fingerprint] =
    FORM.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  if (identity === undefined || digits === undefined || fingerprint === undefined) return null;
  return { identity, position: Number(digits), fingerprint };
}
