import { type DocumentNode, getOperationAST, type OperationDefinitionNode } from 'graphql';
import { splitCursors } from '../../domain/cursor.ts';
import type { ContextOf, GraphqlRequest, RequestSeed } from './request.ts';
import type { Enveloped, Yoga } from './yoga.ts';

/** What is known of an operation once its document was read. */
export interface Parsed {
  readonly request: GraphqlRequest;
  readonly seed: RequestSeed;
  readonly document: DocumentNode;
  /** Null where the document does not say which of its operations is meant. */
  readonly definition: OperationDefinitionNode | null;
  /** Yoga's phases, with the context that its plugins see. */
  readonly enveloped: Enveloped;
}

/** The first phase of every operation. Throws where the document cannot be read, or may not be sent. */
export function parse(yoga: Yoga, contextOf: ContextOf, request: GraphqlRequest, seed: RequestSeed): Parsed {
  const enveloped = yoga.getEnveloped(createContext(contextOf, request, seed));
  const document = enveloped.parse(request.query);
  const definition = getOperationAST(document, request.operationName) ?? null;
  return { request, seed, document, definition, enveloped };
}

/** What plugins and resolvers find in the context of an operation, on every wire. */
export function createContext(contextOf: ContextOf, request: GraphqlRequest, seed: RequestSeed): RequestSeed {
  const { viewer } = seed;
  const cursors = cursorsOf(request, seed);
  return contextOf(viewer, cursors);
}

/** The cursors that came outside the arguments. The subscription's source decides which of them counts. */
function cursorsOf({ extensions }: GraphqlRequest, { cursors }: RequestSeed): readonly string[] {
  const given = extensions?.after;
  return typeof given === 'string' ? [...cursors, ...splitCursors(given)] : cursors;
}
