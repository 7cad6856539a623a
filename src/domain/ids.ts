/** The longest id that is recorded or looked up, in UTF-16 code units: index entries have a maximum size. */
export const MAX_ID_LENGTH = 256;

/** A NUL or a lone surrogate. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Whether PostgreSQL's `text` can hold it: no NUL and no lone surrogate, either of which would fail a whole batch. */
export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** Whether a row can have this id. Others are not found, without a statement. */
export function isStorableId(id: string): boolean {
  return id.length > 0 && id.length <= MAX_ID_LENGTH && isStorableText(id);
}
