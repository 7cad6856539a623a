import { badInput, CallboardError } from '../../errors.ts';
import type { GraphqlRequest } from './request.ts';
import type { TrustedList } from './trusted-list.ts';

/** A request as it was sent: its document may be named instead of written out. */
export interface SentRequest extends GraphqlRequest {
  /** As `documentId`, `doc_id` or `id`. */
  readonly documentId?: string | undefined;
}

/** Puts the document in the place of its name. Throws BAD_USER_INPUT or FORBIDDEN where it cannot. */
export type ResolveDocument = (request: SentRequest) => GraphqlRequest;

/**
 * Requests that carry an id instead of a text: `documentId` (GraphQL over HTTP's draft, GraphQL Code Generator), `doc_id`
 * and `id` (Relay's networks), `extensions.persistedQuery.sha256Hash` (Apollo, urql). Where a text is sent beside it,
 * the text counts.
 */
export function createResolveDocument(trusted: TrustedList | null): ResolveDocument {
  return (request) => {
    if (request.query !== '') return request;
    const id = request.documentId ?? hashIn(request.extensions);
    if (id === undefined) return request;
    if (trusted === null) throw badInput(NO_LIST);
    const query = trusted.textOf(id);
    if (query === undefined) throw new CallboardError('FORBIDDEN', UNKNOWN_ID);
    return { ...request, query };
  };
}

const NO_LIST =
  'This gateway knows no documents by an id or hash: send the text as `query`, or set TRUSTED_DOCUMENTS to the file that your build writes.';
const UNKNOWN_ID =
  'No document of TRUSTED_DOCUMENTS has this id: build the file again with this client, and restart the gateway with it.';

/** Apollo's way to name a document by its hash; undefined without. */
export function hashIn(extensions: GraphqlRequest['extensions']): string | undefined {
  const persisted = extensions?.persistedQuery;
  if (typeof persisted !== 'object' || persisted === null || !('sha256Hash' in persisted)) return undefined;
  return typeof persisted.sha256Hash === 'string' ? persisted.sha256Hash : undefined;
}
