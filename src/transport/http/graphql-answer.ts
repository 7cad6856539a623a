import type { ServerResponse } from 'node:http';
import type { FormattedExecutionResult } from 'graphql';
import type { CallboardError } from '../../errors.ts';
import { WrittenResult } from '../engine/compiled/written-result.ts';
import { type Accepted, GRAPHQL_JSON, PLAIN_JSON } from './accept.ts';
import { wwwAuthenticate } from './www-authenticate.ts';

export type JsonType = Accepted['json'];

/** An answer of `/graphql`, before it is written by Node or by Yoga. */
export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** How long a client that was refused waits, in seconds. */
const RETRY_AFTER: Readonly<Record<number, string>> = { 429: '1', 503: '5' };

/** The answer that holds a result, in the media type that the client likes best. */
export function answerOf(result: FormattedExecutionResult, json: JsonType): GraphqlAnswer {
  if (result instanceof WrittenResult)
    return { status: 200, headers: headersOf(200, json), text: result.text };
  const status = statusOf(result, json);
  return { status, headers: headersOf(status, json), text: JSON.stringify(result) };
}

interface RefusalExtensions {
  readonly code: string;
  readonly retryable?: boolean;
  readonly errorId?: string;
}

/** An answer to what never became an operation: shaped as GraphQL's, so that clients need one reader. */
export function refusalOf(
  status: number,
  json: JsonType,
  message: string,
  { code, retryable = false, ...more }: RefusalExtensions,
): GraphqlAnswer {
  const errors = [{ message, extensions: { code, retryable, ...more } }];
  return { status, headers: headersOf(status, json), text: JSON.stringify({ errors }) };
}

/** The same of an error that is meant for the client. */
export function answerToError(
  { status, code, message, retryable }: CallboardError,
  json: JsonType,
): GraphqlAnswer {
  const answer = refusalOf(status, json, message, { code, retryable });
  const retryAfter: Readonly<Record<string, string>> = retryable ? { 'retry-after': '5' } : {};
  const authenticate: Readonly<Record<string, string>> =
    status === 401 ? { 'www-authenticate': wwwAuthenticate(code) } : {};
  return { ...answer, headers: { ...authenticate, ...retryAfter, ...answer.headers } };
}

/** Writes an answer and ends the response. */
export function send(res: ServerResponse, { status, headers, text }: GraphqlAnswer): void {
  const list: (string | number)[] = ['content-length', Buffer.byteLength(text)];
  for (const name in headers) list.push(name, headers[name] ?? '');
  res.writeHead(status, list);
  res.end(text);
}

const TYPES = {
  [GRAPHQL_JSON]: `${GRAPHQL_JSON}; charset=utf-8`,
  [PLAIN_JSON]: `${PLAIN_JSON}; charset=utf-8`,
};

function headersOf(status: number, json: JsonType): Readonly<Record<string, string>> {
  const type = TYPES[json ?? PLAIN_JSON];
  const retryAfter = RETRY_AFTER[status];
  return retryAfter === undefined
    ? { 'content-type': type }
    : { 'retry-after': retryAfter, 'content-type': type };
}

/**
 * As plain JSON everything that GraphQL answered is 200; as GraphQL's own type a request that was not understood is
 * 400 (GraphQL over HTTP §"Status Codes"). In both, an answer that holds nothing is 429 where its viewer sends too
 * much at once, and 503 where the store is away or the gateway has too much to do.
 */
function statusOf({ data, errors }: FormattedExecutionResult, json: JsonType): number {
  if (errors === undefined) return 200;
  const isEmpty = data == null || Object.values(data).every((value) => value === null);
  if (isEmpty && errors.some(({ extensions }) => extensions?.code === 'RATE_LIMITED')) return 429;
  if (isEmpty && errors.some(({ extensions }) => extensions?.retryable === true)) return 503;
  const wasRefused = data == null && errors.every(({ path }) => path === undefined);
  return wasRefused && json === GRAPHQL_JSON ? 400 : 200;
}
