import { readFileSync } from 'node:fs';
import { z } from 'zod';

const FORM = z.union([z.array(z.string()), z.record(z.string(), z.string())]);

/** What the file must hold, as a fault says it after "must be". */
export const ALLOWED_DOCUMENTS =
  'the path of a JSON file: a list of documents, or an object whose values are documents';

/**
 * The documents that TRUSTED_DOCUMENTS names, by their text; null where it is not set. What cannot be read is told to
 * `fault`.
 */
export function readDocuments(
  path: string | undefined,
  fault: (problem: string) => void,
): ReadonlySet<string> | null {
  if (path === undefined) return null;
  try {
    return new Set(Object.values(FORM.parse(JSON.parse(readFileSync(path, 'utf8')))));
  } catch {
    fault(`is ${JSON.stringify(path)}, which cannot be used; it must be ${ALLOWED_DOCUMENTS}`);
    return null;
  }
}
