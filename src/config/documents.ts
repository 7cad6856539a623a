import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The documents of a file, and the names that the file gives them. */
export interface TrustedDocuments {
  readonly texts: ReadonlySet<string>;
  /** Ids as clients send them instead of a text: the file's own keys. Empty for a list. */
  readonly byId: ReadonlyMap<string, string>;
}

const FORMS = z.union([
  // Apollo's manifest: https://www.apollographql.com/docs/graphos/platform/security/persisted-queries
  z
    .object({
      format: z.literal('apollo-persisted-query-manifest'),
      operations: z.array(z.object({ id: z.string(), body: z.string() })),
    })
    .transform(({ operations }) => operations.map(({ id, body }): [string, string] => [id, body])),
  z.array(z.string()).transform((texts) => texts.map((text): [null, string] => [null, text])),
  // What GraphQL Code Generator's client preset and Relay's compiler write: the hash, and its document.
  z.record(z.string(), z.string()).transform((documents) => Object.entries(documents)),
]);

/** The documents in a JSON file, in any of these forms; undefined where it cannot be read or has another content. */
export function readDocuments(path: string): TrustedDocuments | undefined {
  try {
    const entries = FORMS.parse(JSON.parse(readFileSync(path, 'utf8')));
    const named = entries.flatMap(([id, text]): [string, string][] => (id === null ? [] : [[id, text]]));
    return { texts: new Set(entries.map(([, text]) => text)), byId: new Map(named) };
  } catch {
    return undefined;
  }
}
