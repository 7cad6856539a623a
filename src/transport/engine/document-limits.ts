import { type DocumentNode, Kind, Lexer, type SelectionSetNode, Source, TokenKind, visit } from 'graphql';
import type { Limits } from '../../config/limits.ts';
import { CallboardError } from '../../errors.ts';

/** The limits of a document, checked before it is validated, so that a document above them costs next to nothing. */
export interface DocumentLimits {
  /** The parser stops here. */
  readonly tokens: number;
  /** Why a text that the parser would not take is too long; null where that is not why. */
  faultOfText(text: string): CallboardError | null;
  /** Throws LIMIT_EXCEEDED naming the limit and what is allowed. */
  check(document: DocumentNode): void;
}

/** The way to learn the schema: how deep it goes, graphql's own rules say, and where it is off, they refuse it. */
const INTROSPECTION: readonly string[] = ['__schema', '__type'];

export function createDocumentLimits(limits: Limits): DocumentLimits {
  function faultOf(document: DocumentNode): CallboardError | null {
    const found = {
      depth: depthOf(document),
      aliases: aliasesOf(document),
      directives: directivesOf(document),
    };
    if (found.depth > limits.depth) return tooMuch('levels of fields', found.depth, limits.depth);
    if (found.aliases > limits.aliases)
      return tooMuch('aliases and repeated fields', found.aliases, limits.aliases);
    if (found.directives > limits.directives)
      return tooMuch('directives', found.directives, limits.directives);
    return null;
  }

  return {
    tokens: limits.tokens,
    faultOfText: (text) => (hasMoreTokens(text, limits.tokens) ? tooLong(limits.tokens) : null),
    check(document) {
      const fault = faultOf(document);
      if (fault !== null) throw fault;
    },
  };
}

function tooMuch(what: string, found: number, allowed: number): CallboardError {
  return new CallboardError(
    'LIMIT_EXCEEDED',
    `This document has ${found} ${what}; at most ${allowed} are allowed.`,
  );
}

function tooLong(allowed: number): CallboardError {
  return new CallboardError(
    'LIMIT_EXCEEDED',
    `This document is too long: at most ${allowed} tokens are allowed.`,
  );
}

function hasMoreTokens(text: string, allowed: number): boolean {
  const lexer = new Lexer(new Source(text));
  try {
    let count = 0;
    while (lexer.advance().kind !== TokenKind.EOF) {
      count += 1;
      if (count > allowed) return true;
    }
    return false;
  } catch {
    // No token at all: the parser says where.
    return false;
  }
}

/** Levels of fields within fields of the deepest operation, through fragments. */
function depthOf(document: DocumentNode): number {
  // A fragment that spreads itself is validation's to refuse: here it only must not go on for ever.
  const known = new Map<string, number>();
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const ofFragment = (name: string): number => {
    const depth = known.get(name);
    if (depth !== undefined) return depth;
    known.set(name, 0);
    const fragment = fragments.get(name);
    const found = fragment === undefined ? 0 : ofSelections(fragment.selectionSet);
    known.set(name, found);
    return found;
  };
  const ofSelections = ({ selections }: SelectionSetNode): number =>
    selections.reduce((deepest, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return Math.max(deepest, ofFragment(selection.name.value));
      if (selection.kind === Kind.INLINE_FRAGMENT)
        return Math.max(deepest, ofSelections(selection.selectionSet));
      const isLeaf = selection.selectionSet === undefined || INTROSPECTION.includes(selection.name.value);
      return Math.max(deepest, isLeaf ? 1 : 1 + ofSelections(selection.selectionSet));
    }, 0);
  return document.definitions.reduce(
    (deepest, definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? Math.max(deepest, ofSelections(definition.selectionSet))
        : deepest,
    0,
  );
}

/** Fields under another name, and fields selected again beside themselves: either way one field answers many times. */
function aliasesOf(document: DocumentNode): number {
  const ofSelections = ({ selections }: SelectionSetNode, seen: Set<string>): number =>
    selections.reduce((count, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return count;
      // An inline fragment's fields are answered beside those around it.
      if (selection.kind === Kind.INLINE_FRAGMENT) return count + ofSelections(selection.selectionSet, seen);
      const { name, alias, selectionSet } = selection;
      const isCounted = alias !== undefined || seen.has(name.value);
      seen.add(name.value);
      return (
        count + (isCounted ? 1 : 0) + (selectionSet === undefined ? 0 : ofSelections(selectionSet, new Set()))
      );
    }, 0);
  return document.definitions.reduce(
    (count, definition) =>
      'selectionSet' in definition && definition.selectionSet !== undefined
        ? count + ofSelections(definition.selectionSet, new Set())
        : count,
    0,
  );
}

function directivesOf(document: DocumentNode): number {
  let count = 0;
  visit(document, {
    Directive() {
      count += 1;
    },
  });
  return count;
}
