import type { Named } from '../domain/catch-up.ts';
import { badInput } from '../errors.ts';

type Id = string | null | undefined;

/** What one of two ids names. Throws BAD_USER_INPUT naming both arguments where neither or both are given. */
export function exactlyOne(idName: string, id: Id, externalId: Id): Named {
  if (id != null && externalId == null) return { id };
  if (externalId != null && id == null) return { externalId };
  throw badInput(`${idName}, externalId: give exactly one of them.`);
}
