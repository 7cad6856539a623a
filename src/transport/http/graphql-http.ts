import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FormattedExecutionResult, OperationTypeNode } from 'graphql';
import { splitCursors } from '../../domain/cursor.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { badInput, CallboardError, unavailable } from '../../errors.ts';
import { mediaType } from '../../http/media-type.ts';
import { discardBody, type ReadBody } from '../../http/read-body.ts';
import { type Report, reportUnexpected } from '../../observe.ts';
import type { Engine, GraphqlRequest, RequestSeed } from '../engine/engine.ts';
import { type Accepted, GRAPHQL_JSON, PLAIN_JSON, readAccept } from './accept.ts';
import { readJson, readQueryString, readRequest } from './read-request.ts';

/** Answers a subscription as `text/event-stream`. */
export interface StreamTransport {
  handle(req: IncomingMessage, res: ServerResponse, request: GraphqlRequest, seed: RequestSeed): unknown;
}

/** Tells who asks; rejects with UNAUTHENTICATED where a token is missing or bad. */
export type Identify = (req: IncomingMessage) => Viewer | Promise<Viewer>;

interface Parts {
  readonly engine: Engine;
  readonly sse: StreamTransport;
  /** Answers a browser that asks for a page; null where there is none. */
  readonly page: ((req: IncomingMessage, res: ServerResponse) => void) | null;
  readonly identify: Identify;
  readonly readBody: ReadBody;
  /** The largest body of an operation, in bytes. */
  readonly bodyBytes: number;
  readonly report: Report;
}

/**
 * `/graphql` over HTTP, on Node's own request and response (Request and Response objects cost more than the query):
 * GraphQL over HTTP for queries, a stream of events for subscriptions, a page for browsers. JSON is the only way in
 * besides the query string, so that no form of another site can ask.
 */
export function createGraphqlHandler({ engine, sse, page, identify, readBody, bodyBytes, report }: Parts) {
  return (req: IncomingMessage, res: ServerResponse): void => {
    answer(req, res).catch((err: unknown) => {
      // Whoever went away before the body was complete is told nothing.
      if (req.destroyed && !req.complete) return;
      const errorId = reportUnexpected(report, 'an answer of GraphQL failed unexpectedly', err);
      if (!res.headersSent)
        refuse(res, PLAIN_JSON, 500, 'INTERNAL_SERVER_ERROR', 'Unexpected error.', { errorId });
      else res.destroy();
    });
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const accepted = readAccept(req.headers.accept);
    if (req.method !== 'POST' && req.method !== 'GET') {
      res.setHeader('allow', 'GET, POST');
      return refuse(res, accepted.json, 405, 'BAD_REQUEST', 'GraphQL is asked by GET or POST.');
    }
    if (page !== null && accepted.page && req.method === 'GET') return page(req, res);
    if (accepted.json === null && !accepted.stream) {
      return refuse(res, null, 406, 'BAD_REQUEST', `Accept ${GRAPHQL_JSON}, or text/event-stream.`);
    }
    let request: GraphqlRequest;
    let viewer: Viewer;
    try {
      const read =
        req.method === 'GET' ? readQueryString(new URL(`http://host${req.url}`)) : await readPost(req, res);
      if (read === null) return;
      request = read;
      viewer = await identify(req);
    } catch (error) {
      if (error instanceof CallboardError) return refuseWith(res, accepted.json, error);
      throw error;
    }
    const seed: RequestSeed = { viewer, cursors: lastEventIds(req), isGone: () => res.destroyed };
    if (isStreamed(accepted, request)) {
      sse.handle(req, res, request, seed);
      return;
    }
    if (req.method === 'GET' && engine.operationType(request) === OperationTypeNode.MUTATION) {
      res.setHeader('allow', 'POST');
      return refuse(res, accepted.json, 405, 'BAD_REQUEST', 'A mutation is no GET.');
    }
    give(res, accepted.json, await engine.execute(request, seed));
  }

  /** Null where it was answered already. */
  async function readPost(req: IncomingMessage, res: ServerResponse): Promise<GraphqlRequest | null> {
    const type = req.headers['content-type'];
    if (type !== PLAIN_JSON && mediaType(type) !== PLAIN_JSON) {
      refuse(res, PLAIN_JSON, 415, 'BAD_REQUEST', 'Send Content-Type: application/json.');
      return null;
    }
    const reading = await readBody(req, bodyBytes);
    if (!reading.ok) {
      discardBody(req);
      if (reading.why === 'crowded') throw unavailable('Too many requests are unfinished. Try again.');
      refuse(res, PLAIN_JSON, 413, 'LIMIT_EXCEEDED', `An operation has at most ${bodyBytes} bytes.`);
      return null;
    }
    if (reading.body.length === 0) throw badInput('The body must be a JSON object with `query`.');
    return readRequest(readJson('The body', reading.body.toString('utf8')));
  }

  /** Many clients take both for every request: then only a subscription is streamed. */
  function isStreamed({ json, stream }: Accepted, request: GraphqlRequest): boolean {
    return stream && (json === null || engine.operationType(request) === OperationTypeNode.SUBSCRIPTION);
  }
}

function lastEventIds({ headers }: IncomingMessage): readonly string[] {
  const header = headers['last-event-id'];
  return typeof header === 'string' ? splitCursors(header) : [];
}

type Json = Accepted['json'];

function give(res: ServerResponse, json: Json, result: FormattedExecutionResult): void {
  const status = statusOf(result, json);
  if (status === 429) res.setHeader('retry-after', '1');
  if (status === 503) res.setHeader('retry-after', '5');
  end(res, status, json, JSON.stringify(result));
}

/**
 * As plain JSON everything that GraphQL answered is 200; as GraphQL's own type a request that was not understood is
 * 400 (GraphQL over HTTP §"Status Codes"). In both, an answer that holds nothing is 429 where its viewer asks for too
 * much at once, and 503 where the store is away or the gateway has too much to do.
 */
function statusOf({ data, errors }: FormattedExecutionResult, json: Json): number {
  if (errors === undefined) return 200;
  const isEmpty = data == null || Object.values(data).every((value) => value === null);
  if (isEmpty && errors.some(({ extensions }) => extensions?.code === 'RATE_LIMITED')) return 429;
  if (isEmpty && errors.some(({ extensions }) => extensions?.retryable === true)) return 503;
  const wasRefused = data == null && errors.every(({ path }) => path === undefined);
  return wasRefused && json === GRAPHQL_JSON ? 400 : 200;
}

function refuseWith(res: ServerResponse, json: Json, error: CallboardError): void {
  if (error.status === 401) res.setHeader('www-authenticate', 'Bearer');
  if (error.retryable) res.setHeader('retry-after', '5');
  refuse(res, json, error.status, error.code, error.message, { retryable: error.retryable });
}

/** An answer to what never became an operation: shaped as GraphQL's, so that clients need one reader. */
function refuse(
  res: ServerResponse,
  json: Json,
  status: number,
  code: string,
  message: string,
  more: { readonly retryable?: boolean; readonly errorId?: string } = {},
): void {
  end(
    res,
    status,
    json,
    JSON.stringify({ errors: [{ message, extensions: { code, retryable: false, ...more } }] }),
  );
}

function end(res: ServerResponse, status: number, json: Json, text: string): void {
  res.writeHead(status, {
    'content-type': json === GRAPHQL_JSON ? GRAPHQL_TYPE : PLAIN_TYPE,
    'content-length': Buffer.byteLength(text),
  });
  res.end(text);
}

const GRAPHQL_TYPE = `${GRAPHQL_JSON}; charset=utf-8`;
const PLAIN_TYPE = `${PLAIN_JSON}; charset=utf-8`;
