import type { IncomingMessage, ServerResponse } from 'node:http';
import { OperationTypeNode } from 'graphql';
import type { Fanout } from '../../live/fanout/fanout.ts';
import type { Logger } from '../../logger.ts';
import type { Connections } from '../connections.ts';
import type { Operation, Refusal } from '../engine/engine.ts';
import type { RequestSeed } from '../engine/request.ts';
import { SseConnection, STREAM_HEADERS } from './connection.ts';

interface SseTransportOptions {
  readonly fanout: Fanout;
  readonly connections: Connections;
  readonly log: Logger;
}

/** GraphQL as a stream of events: the "distinct connections" mode of graphql-sse, and what an EventSource reads. */
export interface SseTransport {
  /** Answers one operation: a query by its result, a subscription for as long as the client stays. */
  handle(
    req: IncomingMessage,
    res: ServerResponse,
    operation: Operation | Refusal,
    seed: RequestSeed,
  ): Promise<void>;
}

export function createSseTransport({ fanout, connections, log }: SseTransportOptions): SseTransport {
  async function answer(stream: SseConnection, operation: Operation | Refusal): Promise<void> {
    if ('errors' in operation) {
      stream.fail(operation.errors);
      return;
    }
    if (operation.kind !== OperationTypeNode.SUBSCRIPTION) {
      stream.answer(await operation.execute());
      return;
    }
    const live = await operation.subscribe();
    if ('errors' in live) stream.fail(live.errors);
    else stream.join(fanout, live);
  }

  return {
    async handle(req, res, operation, seed) {
      // The client may have gone while its token was verified.
      if (res.destroyed) return;
      res.on('error', (err) => log.debug({ err }, 'an event stream failed'));
      const stream = new SseConnection(res);
      if (!connections.add(stream, seed.viewer)) return refuse(req, res);
      res.once('close', () => {
        stream.leave('disconnected');
        connections.remove(stream);
      });
      stream.open(req.method === 'GET' ? retryMs() : null);
      await answer(stream, operation);
    },
  };
}

/** Has the client come back later: the gateway is draining, or holds too many connections. */
function refuse(req: IncomingMessage, res: ServerResponse): void {
  if (req.method !== 'GET') {
    res.writeHead(503, { 'retry-after': '5', 'content-length': 0 }).end();
    return;
  }
  // An EventSource comes back only after a 200 that was cut.
  res.writeHead(200, STREAM_HEADERS).write(`retry: ${retryMs()}\n\n`, () => res.destroy());
}

/** After how long an EventSource comes back: 1 to 3 s, so that not all come back at once. */
function retryMs(): number {
  return 1_000 + Math.floor(Math.random() * 2_000);
}
