import { createHash } from 'node:crypto';
import { type ASTNode, Kind, parse, print, type SelectionNode, stripIgnoredCharacters, visit } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { TrustedDocuments } from '../../config/documents.ts';

/** How a hash may be written in front: GraphQL over HTTP's draft, and GraphQL Code Generator. */
const PREFIX = 'sha256:';

/** The documents of TRUSTED_DOCUMENTS, however a client writes or names them. */
export interface TrustedList {
  /** Whether this is one of them; blanks, comments, the order of selections and an added `__typename` do not count. */
  has(text: string): boolean;
  /** The document of this id: the file's own, or the SHA-256 of the text as it stands there or as graphql-js prints it. */
  textOf(id: string): string | undefined;
}

/** Of the spellings that were found to be one of them, in characters. */
const MAX_KNOWN_CHARACTERS = 512 * 1024;

export function createTrustedList({ texts, byId }: TrustedDocuments): TrustedList {
  const normalised = new Set([...texts].map((text) => normalise(text) ?? text));
  const ids = new Map([...texts].flatMap((text) => hashesOf(text).map((hash) => [hash, text])));
  for (const [id, text] of byId) ids.set(withoutPrefix(id), text);
  // To normalise a document takes longer than to parse it, and clients send the same few.
  const known = new LRUCache<string, true>({
    maxSize: MAX_KNOWN_CHARACTERS,
    sizeCalculation: (_, text) => text.length + 1,
  });

  return {
    has(text) {
      if (texts.has(text) || known.has(text)) return true;
      const isOne = normalised.has(normalise(text) ?? text);
      if (isOne) known.set(text, true);
      return isOne;
    },
    textOf: (id) => ids.get(withoutPrefix(id)),
  };
}

/**
 * The same text for documents that select the same. Tools sort what they write, and clients add `__typename` to what they
 * send: neither gives a client anything more. Null where the text is no GraphQL.
 */
function normalise(text: string): string | null {
  try {
    return stripIgnoredCharacters(
      print(
        visit(parse(text, { noLocation: true }), {
          Document: { leave: (node) => ({ ...node, definitions: sorted(node.definitions) }) },
          OperationDefinition: {
            leave: (node) => ({ ...node, variableDefinitions: sorted(node.variableDefinitions ?? []) }),
          },
          SelectionSet: {
            leave: (node) => ({ ...node, selections: sorted(node.selections.filter(saysMoreThanItsType)) }),
          },
          Field: { leave: (node) => ({ ...node, arguments: sorted(node.arguments ?? []) }) },
        }),
      ),
    );
  } catch {
    return null;
  }
}

function withoutPrefix(id: string): string {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id;
}

function saysMoreThanItsType(node: SelectionNode): boolean {
  if (node.kind !== Kind.FIELD || node.name.value !== '__typename') return true;
  return node.alias !== undefined || (node.directives ?? []).length > 0;
}

function sorted<Node extends ASTNode>(nodes: readonly Node[]): Node[] {
  return nodes
    .map((node) => ({ node, text: print(node) }))
    .toSorted((one, other) => (one.text < other.text ? -1 : 1))
    .map(({ node }) => node);
}

function hashesOf(text: string): readonly string[] {
  const hash = (of: string) => createHash('sha256').update(of).digest('hex');
  try {
    return [hash(text), hash(print(parse(text)))];
  } catch {
    return [hash(text)];
  }
}
