/** The longest id that is recorded or looked for, in UTF-16 code units: ids stand in indexes, whose entries are bounded. */
export const MAX_ID_LENGTH = 256;

/** A NUL or a lone surrogate. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Whether PostgreSQL's `text` holds it: neither a NUL nor a lone surrogate in it. One of them fails a whole batch. */
export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** Whether a row can have this id. What cannot is simply absent, and never reaches a statement. */
export function isStorableId(id: string): boolean {
  return id.length > 0 && id.length <= MAX_ID_LENGTH && isStorableText(id);
}
