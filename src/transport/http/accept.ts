import { mediaType } from '../../http/media-type.ts';

/** GraphQL over HTTP's own media type: says by its status whether the request was understood. */
export const GRAPHQL_JSON = 'application/graphql-response+json';
export const PLAIN_JSON = 'application/json';
const EVENT_STREAM = 'text/event-stream';

/** How an answer may be given. */
export interface Accepted {
  /** The kind of JSON the client likes best; null where it takes none. */
  readonly json: typeof GRAPHQL_JSON | typeof PLAIN_JSON | null;
  /** Whether it takes a stream of events, said in so many words. */
  readonly stream: boolean;
  /** Whether it is a browser looking for a page. */
  readonly page: boolean;
}

const PLAIN: Accepted = Object.freeze({ json: PLAIN_JSON, stream: false, page: false });
const NEVER = 0;

/** Reads an Accept header (RFC 9110 §12.5.1). Without one, or with a mere wildcard, the answer is plain JSON. */
export function readAccept(header: string | undefined): Accepted {
  if (header === undefined || header === PLAIN_JSON || header === '*/*') return PLAIN;
  const weights = new Map(header.split(',').map((entry) => [mediaType(entry), weightOf(entry)]));
  const weight = (...names: readonly string[]) =>
    names.map((name) => weights.get(name)).find((found) => found !== undefined) ?? NEVER;
  const own = weight(GRAPHQL_JSON);
  const plain = weight(PLAIN_JSON, 'application/*', '*/*');
  const json = own === NEVER && plain === NEVER ? null : own >= plain ? GRAPHQL_JSON : PLAIN_JSON;
  return { json, stream: weight(EVENT_STREAM) !== NEVER, page: weight('text/html') !== NEVER };
}

function weightOf(entry: string): number {
  const text = /;\s*q=([0-9.]+)/i.exec(entry)?.[1];
  return text === undefined ? 1 : Number(text);
}
