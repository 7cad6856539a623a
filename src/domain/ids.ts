/** The longest id that is looked for, in UTF-16 code units. */
const LONGEST = 256;

/** A NUL or a lone surrogate: PostgreSQL's text holds neither, and one in a batch would fail all of it. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Whether a row can bear this id. What cannot is simply absent, and never reaches a statement. */
export function isStorable(id: string): boolean {
  return id.length > 0 && id.length <= LONGEST && !UNSTORABLE.test(id);
}
