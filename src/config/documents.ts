import { readFileSync } from 'node:fs';
import { z } from 'zod';

const FORM = z.union([z.array(z.string()), z.record(z.string(), z.string())]);

/** The texts of the documents in a JSON file; undefined where it cannot be read or has another content. */
export function readDocuments(path: string): ReadonlySet<string> | undefined {
  try {
    return new Set(Object.values(FORM.parse(JSON.parse(readFileSync(path, 'utf8')))));
  } catch {
    return undefined;
  }
}
