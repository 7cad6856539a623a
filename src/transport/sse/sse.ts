import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GraphQLFormattedError, OperationTypeNode } from 'graphql';
import type { Fanout, Membership, Sink } from '../../live/fanout/fanout.ts';
import type { Logger } from '../../logger.ts';
import { endStaggered } from '../drain.ts';
import type { Engine, GraphqlRequest, RequestSeed } from '../engine/engine.ts';
import { createHeartbeat } from '../heartbeat.ts';
import { createTally } from '../per-viewer-limit.ts';

/** Beyond this many bytes that the reader has not taken its subscription waits. */
const FULL = 64 * 1024;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx would keep events until its buffer is full.
  'x-accel-buffering': 'no',
} as const;

/** Says that the stream lives; proxies cut what is silent. */
const COMMENT = ':\n\n';
const COMPLETE = 'event: complete\ndata:\n\n';

export interface SseTransportOptions {
  readonly engine: Engine;
  readonly fanout: Fanout;
  readonly log: Logger;
  /** Streams of one viewer; who has no user is not counted. */
  readonly streamsPerViewer?: number;
  /** Whether the gateway holds as many connections as it may. */
  readonly isFull?: () => boolean;
  /** The clock that tokens expire by, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Time between two comments, in milliseconds. */
  readonly commentMs?: number;
}

/** GraphQL as a stream of events, as DESIGN §6.5 has it: graphql-sse's "distinct connections", and EventSource. */
export interface SseTransport {
  /** Answers one operation: a query by its result, a subscription for as long as the client stays. */
  handle(
    req: IncomingMessage,
    res: ServerResponse,
    request: GraphqlRequest,
    seed: RequestSeed,
  ): Promise<void>;
  /** Streams now. */
  readonly size: number;
  /** Cuts all streams, one after the other over `drainMs`, without `complete`: their clients come back. */
  close(drainMs: number): Promise<void>;
}

export function createSseTransport({
  engine,
  fanout,
  log,
  streamsPerViewer = Number.POSITIVE_INFINITY,
  isFull = () => false,
  now = Date.now,
  commentMs = 12_000,
}: SseTransportOptions): SseTransport {
  const streams = new Set<SseStream>();
  const perViewer = createTally(streamsPerViewer);
  const heartbeat = createHeartbeat<SseStream>(commentMs, endExpired);
  const expiring = new Map<SseStream, number>();
  let draining = false;

  function endExpired(): void {
    const at = now();
    for (const [stream, expiresAt] of expiring) if (expiresAt <= at) stream.cut();
  }

  async function handle(
    req: IncomingMessage,
    res: ServerResponse,
    request: GraphqlRequest,
    seed: RequestSeed,
  ): Promise<void> {
    // The client may have gone while its token was verified.
    if (res.destroyed) return;
    const isRefused = draining || isFull() || !perViewer.add(seed.viewer.userId);
    if (isRefused && req.method !== 'GET') {
      res.writeHead(503, { 'retry-after': '5', 'content-length': 0 }).end();
      return;
    }
    const retryMs = 1_000 + Math.floor(Math.random() * 2_000);
    res.on('error', (err) => log.debug({ err }, 'an event stream failed'));
    if (isRefused) {
      // An EventSource comes back after nothing but a 200 that was cut.
      res.writeHead(200, HEADERS).write(`retry: ${retryMs}\n\n`, () => res.destroy());
      return;
    }
    const stream = new SseStream(res);
    stream.open(req.method === 'GET' ? retryMs : null);
    streams.add(stream);
    heartbeat.add(stream);
    if (seed.viewer.expiresAt !== null) expiring.set(stream, seed.viewer.expiresAt);
    res.once('close', () => {
      perViewer.remove(seed.viewer.userId);
      stream.closed();
      streams.delete(stream);
      heartbeat.delete(stream);
      expiring.delete(stream);
    });
    if (engine.operationType(request) !== OperationTypeNode.SUBSCRIPTION) {
      stream.answer(JSON.stringify(await engine.execute(request, seed)));
      return;
    }
    const operation = await engine.subscribe(request, seed);
    if ('errors' in operation) stream.fail(operation.errors);
    else stream.join(fanout.join(operation, stream));
  }

  return {
    handle,
    get size() {
      return streams.size;
    },
    async close(drainMs) {
      draining = true;
      await endStaggered([...streams], drainMs, (stream) => stream.cut());
      heartbeat.close();
    },
  };
}

/** One client's stream. */
class SseStream implements Sink {
  readonly #res: ServerResponse;
  #membership: Membership | null = null;
  #isDrainAwaited = false;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  /** Sends the head and a comment at once, so that the client knows it is connected. `retryMs` is for EventSource. */
  open(retryMs: number | null): void {
    this.#res.writeHead(200, HEADERS);
    this.#res.write(retryMs === null ? COMMENT : `retry: ${retryMs}\n\n${COMMENT}`);
  }

  join(membership: Membership): void {
    // The client may have gone meanwhile.
    if (this.#res.destroyed || this.#res.writableEnded) membership.leave();
    else this.#membership = membership;
  }

  writable(): boolean {
    if (this.#res.writableLength < FULL) return !this.#res.destroyed;
    if (!this.#isDrainAwaited) {
      this.#isDrainAwaited = true;
      this.#res.once('drain', () => {
        this.#isDrainAwaited = false;
        this.#membership?.drained();
      });
    }
    return false;
  }

  send(payload: string, cursor: string): void {
    this.#res.write(`event: next\nid: ${cursor}\ndata: ${payload}\n\n`);
  }

  /** A query's result, and the end. */
  answer(payload: string): void {
    this.#res.end(`event: next\ndata: ${payload}\n\n${COMPLETE}`);
  }

  fail(errors: readonly GraphQLFormattedError[]): void {
    this.#membership = null;
    this.answer(JSON.stringify({ errors }));
  }

  slow(): void {
    this.cut();
  }

  /** Keeps the stream alive. */
  ping(): void {
    if (this.#res.writableLength < FULL) this.#res.write(COMMENT);
  }

  /** Ends it without `complete`, in the middle: so its client knows that there is more to come. */
  cut(): void {
    this.closed();
    this.#res.destroy();
  }

  closed(): void {
    this.#membership?.leave();
    this.#membership = null;
  }
}
