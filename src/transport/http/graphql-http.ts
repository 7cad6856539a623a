import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OperationTypeNode } from 'graphql';
import { splitCursors } from '../../domain/cursor.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { badInput, CallboardError, unavailable } from '../../errors.ts';
import { mediaType } from '../../http/media-type.ts';
import { discardBody, type ReadBody } from '../../http/read-body.ts';
import { readTraceparent } from '../../http/traceparent.ts';
import { type Emit, emitUnexpected } from '../../observe.ts';
import type { HttpEngine } from '../engine/create-engine.ts';
import type { Operation, Refusal } from '../engine/engine.ts';
import type { ResolveDocument, SentRequest } from '../engine/named-document.ts';
import type { GraphqlRequest, RequestSeed } from '../engine/request.ts';
import { type Accepted, GRAPHQL_JSON, PLAIN_JSON, readAccept } from './accept.ts';
import { answerOf, answerToError, type JsonType, refusalOf, send } from './graphql-answer.ts';
import { readJson, readQueryString, readRequest } from './read-request.ts';

/** Answers an operation as `text/event-stream`. */
export interface StreamTransport {
  handle(
    req: IncomingMessage,
    res: ServerResponse,
    operation: Operation | Refusal,
    seed: RequestSeed,
  ): unknown;
}

/** Says who sends a request; rejects with UNAUTHENTICATED where a token is missing or bad. */
export type Identify = (req: IncomingMessage) => Viewer | Promise<Viewer>;

interface GraphqlHandlerOptions {
  readonly engine: HttpEngine;
  readonly resolveDocument: ResolveDocument;
  readonly sse: StreamTransport;
  /** Answers a browser that wants a page; null where there is none. */
  readonly page: ((req: IncomingMessage, res: ServerResponse) => void) | null;
  readonly identify: Identify;
  readonly readBody: ReadBody;
  /** The largest body of an operation, in bytes. */
  readonly bodyBytes: number;
  readonly emit: Emit;
}

/**
 * `/graphql` over HTTP. The hot ways, a query as JSON by POST and a stream of events, are served on Node's own request
 * and response, since Request and Response objects cost more than the query; everything else that is an operation is
 * Yoga's. What is refused before it becomes an operation is refused here, by headers alone: JSON is the only way in
 * apart from the query string, so that no form of another site can send an operation.
 */
export function createGraphqlHandler(options: GraphqlHandlerOptions) {
  const { engine, resolveDocument, sse, page, identify, readBody, bodyBytes, emit } = options;

  return (req: IncomingMessage, res: ServerResponse): void => {
    answer(req, res).catch((err: unknown) => {
      // A client that went away before its body was complete gets no answer.
      if (req.destroyed && !req.complete) return;
      const errorId = emitUnexpected(emit, 'an answer of GraphQL failed unexpectedly', err);
      if (res.headersSent) res.destroy();
      else refuse(res, PLAIN_JSON, 500, 'INTERNAL_SERVER_ERROR', 'Unexpected error.', errorId);
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
      const identified = identify(req);
      viewer = identified instanceof Promise ? await identified : identified;
      request = resolveDocument(read);
    } catch (error) {
      if (error instanceof CallboardError) return send(res, answerToError(error, accepted.json));
      throw error;
    }
    // Behind an answer that its client has not taken yet: a client that pipelines and does not read gets one at a time.
    if (res.socket === null) await once(res, 'socket');
    const seed: RequestSeed = {
      viewer,
      cursors: lastEventIds(req),
      isGone: () => res.destroyed,
      traceparent: readTraceparent(req.headers.traceparent),
    };
    if (req.method === 'GET' && !accepted.stream) return engine.handle(req, res, request, seed);
    const operation = engine.parse(request, seed);
    if (isStreamed(accepted, operation)) return void sse.handle(req, res, operation, seed);
    if (req.method === 'GET') return engine.handle(req, res, request, seed);
    send(res, answerOf('errors' in operation ? operation : await operation.execute(), accepted.json));
  }

  /** Null where it was answered already. */
  async function readPost(req: IncomingMessage, res: ServerResponse): Promise<SentRequest | null> {
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
}

/** Many clients take both for every request: then only a subscription is streamed. */
function isStreamed({ json, stream }: Accepted, operation: Operation | Refusal): boolean {
  if (!stream) return false;
  return json === null || ('kind' in operation && operation.kind === OperationTypeNode.SUBSCRIPTION);
}

function lastEventIds({ headers }: IncomingMessage): readonly string[] {
  const header = headers['last-event-id'];
  return typeof header === 'string' ? splitCursors(header) : [];
}

function refuse(
  res: ServerResponse,
  json: JsonType,
  status: number,
  code: string,
  message: string,
  errorId?: string,
): void {
  send(res, refusalOf(status, json, message, errorId === undefined ? { code } : { code, errorId }));
}
