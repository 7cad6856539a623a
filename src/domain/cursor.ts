/** A place in the one total order of one store. */
export interface Cursor {
  /** Which store: eight hex digits (`store.identity`). */
  readonly identity: string;
  readonly position: number;
}

const FORM = /^([0-9a-f]{8})\.(0|[1-9][0-9]{0,15})$/;

/** The opaque text handed to clients: good on every instance and for every subscription of the same store. */
export function encodeCursor({ identity, position }: Cursor): string {
  return Buffer.from(`${identity}.${position}`).toString('base64url');
}

/** Null where the text is no cursor of ours: whoever handed it over gets a SNAPSHOT, never silence. */
export function decodeCursor(text: string): Cursor | null {
  const [, identity, digits] = FORM.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  return identity === undefined || digits === undefined ? null : { identity, position: Number(digits) };
}
