import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { PROBLEM_TYPE, problem } from '../../http/problem.ts';
import { pathOf } from './http-server.ts';
import { listenOn } from './listen-on.ts';

/** For which nobody needs a token, since nothing is said but "later". */
export interface WaitingServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Frees the port at once; resolves when the last connection is gone. */
  close(): Promise<void>;
}

/** Overload, store down: come back with the cursor. */
const TRY_LATER = 1013;
const DETAIL = 'The store of this gateway is not migrated yet. Try again.';
const GRAPHQL_ERROR = JSON.stringify({
  errors: [{ message: DETAIL, extensions: { code: 'UNAVAILABLE', retryable: true } }],
});
const PROBLEM = JSON.stringify(problem(503, DETAIL));
/** A client that sends a body and waits is answered before it is read, and cut. */
const CUT_AFTER_MS = 500;

/**
 * Stands where the gateway will: the process is well (`/healthz`), and everything else is answered 503 with
 * Retry-After, in the format of the path; WebSockets are closed with 1013. Every connection is for one answer, so
 * that the next one meets the gateway.
 */
export async function startWaitingServer(host: string, port: number): Promise<WaitingServer> {
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false });
  const server = createServer({ connectionsCheckingInterval: 1_000, requestTimeout: 5_000 }, answer);
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    sockets.handleUpgrade(req, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      ws.close(TRY_LATER, 'The store is not migrated yet');
      setTimeout(() => ws.terminate(), CUT_AFTER_MS).unref();
    });
  });
  const listening = await listenOn(server, host, port);
  return {
    ...listening,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const cut = setTimeout(() => server.closeAllConnections(), CUT_AFTER_MS);
      await closed;
      clearTimeout(cut);
      sockets.close();
    },
  };
}

function answer(req: IncomingMessage, res: ServerResponse): void {
  const path = pathOf(req);
  res.setHeader('connection', 'close');
  res.setHeader('cache-control', 'no-store');
  if (path === '/healthz') {
    res.setHeader('content-type', 'text/plain; charset=utf-8');
    res.end('ok');
    return;
  }
  // Jittered over 5–15 s, so that not all come back at once.
  res.setHeader('retry-after', String(5 + Math.floor(Math.random() * 11)));
  const [type, body] =
    path === '/graphql'
      ? ['application/json; charset=utf-8', GRAPHQL_ERROR]
      : path === '/readyz'
        ? ['text/plain; charset=utf-8', 'not ok']
        : [PROBLEM_TYPE, PROBLEM];
  res.writeHead(503, { 'content-type': type });
  res.end(body);
}
