import { isSame } from '../../http/is-same.ts';

/** Whether the text is one of the secrets. All are compared, so that the time does not reveal which one matched. */
export function isAnyOf(given: string | Uint8Array, secrets: readonly string[]): boolean {
  return secrets.filter((secret) => isSame(given, secret)).length > 0;
}
