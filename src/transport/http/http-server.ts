import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Limits } from '../../config/limits.ts';
import { PROBLEM_TYPE, problem } from '../../http/problem.ts';
import type { Emit } from '../../observe.ts';
import { ASSETS_PATH } from '../graphiql/site.ts';
import { MISDIRECTED, namesThisMachine } from './host-check.ts';
import { listenOn } from './listen-on.ts';
import type { OriginPolicy } from './origin-policy.ts';
import { SecuredResponse } from './secured-response.ts';

/** Longer than load balancers keep an idle connection, so that they and not we close it. */
const KEEP_ALIVE_MS = 72_000;
/** Connections beyond the limit that are still taken: to be answered that there are too many, and for short requests. */
export const SPARE_CONNECTIONS = 1_000;
/** A connection on which nothing moves for so long is cut: a client that does not read what it has asked for holds nothing for ever. */
const STALLED_MS = 30_000;
/** How long connections in use may take to end by themselves at the stop. */
const GRACE_MS = 1_000;

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

interface Parts {
  readonly graphql: Handler;
  /** Everything below ASSETS_PATH. */
  readonly graphiqlAssets: Handler | null;
  /** Everything else. */
  readonly rest: Handler;
  /** A WebSocket handshake on `/graphql`. */
  readonly upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Whether only requests that name this machine are served. */
  readonly loopbackOnly: boolean;
  /** Stands before all of the above except the handshake, where `upgrade` checks the origin. */
  readonly origins: OriginPolicy;
  readonly emit: Emit;
  /** Slow senders are cut: time for a request's head and for the whole request. */
  readonly limits: Pick<Limits, 'connections' | 'headBytes' | 'headMs' | 'requestMs'>;
}

export interface HttpServer {
  /** Resolves with the address that is listened on; rejects with one clear line where it cannot be had. */
  listen(host: string, port: number): Promise<string>;
  /** Takes no new connection, lets the open ones end and cuts those that do not. */
  stop(): Promise<void>;
}

/**
 * The one server. GraphQL goes straight from Node's request to its handler, for that is the hot path; everything else
 * to the router. Hosts other than this machine's are refused before anything else where that is asked for.
 */
export function createHttpServer({
  graphql,
  graphiqlAssets,
  rest,
  upgrade,
  loopbackOnly,
  origins,
  emit,
  limits,
}: Parts): HttpServer {
  const isForeign = (req: IncomingMessage): boolean => {
    if (!loopbackOnly || namesThisMachine(req)) return false;
    emit.hostRefused?.({ host: req.headers.host ?? '' });
    return true;
  };
  const server = createServer(
    {
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: limits.headBytes,
      noDelay: true,
      ServerResponse: SecuredResponse,
    },
    (req, res) => {
      if (isForeign(req)) return misdirected(res);
      if (origins.answers(req, res)) return;
      const path = pathOf(req);
      if (path === '/graphql') graphql(req, res);
      else if (graphiqlAssets !== null && path.startsWith(ASSETS_PATH)) graphiqlAssets(req, res);
      else rest(req, res);
    },
  );
  const connections = new Set<Socket>();
  server.timeout = STALLED_MS;
  server.maxConnections = limits.connections + SPARE_CONNECTIONS;
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  server.on('upgrade', (req, socket, head) => {
    // A peer that goes away during the handshake concerns nobody else.
    socket.on('error', () => socket.destroy());
    if (isForeign(req)) refuseUpgrade(socket, MISDIRECTED);
    else if (pathOf(req) !== '/graphql') {
      refuseUpgrade(socket, 404);
      emit.upgradeRefused?.({ code: 404, cause: 'not for /graphql' });
    } else upgrade(req, socket, head);
  });

  return {
    listen: async (host, port) => (await listenOn(server, host, port)).url,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Node's own closeAllConnections does not know those that became WebSockets.
      const cut = setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, GRACE_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** Of a request, without its query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

function misdirected(res: ServerResponse): void {
  const detail = 'In explore mode this gateway answers to localhost, 127.0.0.1 and [::1] only.';
  res.writeHead(MISDIRECTED, { 'content-type': PROBLEM_TYPE, connection: 'close' });
  res.end(JSON.stringify(problem(MISDIRECTED, detail)));
}

/** Answers a WebSocket handshake that is not taken. */
function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
