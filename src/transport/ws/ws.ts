import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Viewer } from '../../domain/viewer.ts';
import type { Fanout } from '../../live/fanout/fanout.ts';
import type { Logger } from '../../logger.ts';
import { type Report, reportTo, UNOBSERVED } from '../../observe.ts';
import { endStaggered } from '../drain.ts';
import type { Engine, GraphqlRequest } from '../engine/engine.ts';
import { createHeartbeat } from '../heartbeat.ts';
import { createTally } from '../per-viewer-limit.ts';
import { CLOSE, type CloseReason, WsConnection } from './connection.ts';
import { createWsOperations } from './operations.ts';

/** What a client may take; Infinity where it is not limited. */
export interface WsLimits {
  /** Sockets of one viewer: a newcomer is closed with 1013. Operators without a user are not counted. */
  readonly connectionsPerViewer: number;
  /** An error on the id that is too much. */
  readonly subscriptionsPerSocket: number;
  /** Closed with 1008. */
  readonly messagesPerMinute: number;
  /** Bytes of one message: closed with 1009. */
  readonly messageBytes: number;
  /** Time for `connection_init`, in milliseconds: closed with 4408. */
  readonly initWithinMs: number;
}

const LIMITS: WsLimits = {
  connectionsPerViewer: Number.POSITIVE_INFINITY,
  subscriptionsPerSocket: Number.POSITIVE_INFINITY,
  messagesPerMinute: Number.POSITIVE_INFINITY,
  messageBytes: 64 * 1024,
  initWithinMs: 3_000,
};

/** Who a client is by its `connection_init`, or why it is turned away. */
export type Admission =
  | { readonly viewer: Viewer }
  | { readonly refused: Extract<CloseReason, 'unauthorized' | 'expired' | 'overloaded' | 'badRequest'> };

export interface WsTransportOptions {
  readonly engine: Engine;
  readonly fanout: Fanout;
  readonly log: Logger;
  readonly report?: Report;
  /** What it throws closes the socket with 1011. */
  readonly authenticate: (
    connectionParams: Readonly<Record<string, unknown>> | undefined,
    request: IncomingMessage,
  ) => Admission | Promise<Admission>;
  /** Who asks one operation, where its `extensions` say so: explore mode's headers pane. Throws BAD_USER_INPUT. */
  readonly viewerOf?: (viewer: Viewer, extensions: GraphqlRequest['extensions']) => Viewer;
  /** Whether the handshake may come from where it says: where not, 1008. */
  readonly isWelcome?: (request: IncomingMessage) => boolean;
  /** Whether the gateway holds as many connections as it may: a newcomer is closed with 1013. */
  readonly isFull?: () => boolean;
  /** The clock that tokens expire by, in milliseconds since 1970. */
  readonly now?: () => number;
  readonly limits?: Partial<WsLimits>;
  /** Time between two pings, in milliseconds; two unanswered ones end a connection. */
  readonly pingMs?: number;
}

/** GraphQL over WebSocket: graphql-transport-ws, with the close codes of DESIGN §10. */
export interface WsTransport {
  /** Takes the handshake of a request for `/graphql`; while draining it is answered 503. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Connections now. */
  readonly size: number;
  /** Closes all, 1001, one after the other over `drainMs`. Resolves at most a second later: who stays is cut. */
  close(drainMs: number): Promise<void>;
}

/** Time for a closed socket to go by itself, in milliseconds. */
const CLOSING_MS = 5_000;
const GRACE_MS = 800;

export function createWsTransport(options: WsTransportOptions): WsTransport {
  const { engine, fanout, log, authenticate, pingMs = 12_000 } = options;
  const {
    isWelcome = () => true,
    isFull = () => false,
    report = reportTo(UNOBSERVED),
    now = Date.now,
  } = options;
  const limits = { ...LIMITS, ...options.limits };
  const perViewer = createTally(limits.connectionsPerViewer);
  const connections = new Set<WsConnection>();
  const expiring = new Set<WsConnection>();
  const heartbeat = createHeartbeat<WsConnection>(pingMs, endExpired);
  let draining = false;

  // A name of its own, because the types do not know closeTimeout yet.
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.messageBytes,
    handleProtocols,
    closeTimeout: CLOSING_MS,
  };
  const server = new WebSocketServer(settings);
  const operations = createWsOperations({
    engine,
    fanout,
    admit,
    viewerOf: options.viewerOf ?? ((viewer) => viewer),
    initWithinMs: limits.initWithinMs,
    subscriptionsPerSocket: limits.subscriptionsPerSocket,
  });

  async function admit(
    connection: WsConnection,
    connectionParams: Readonly<Record<string, unknown>> | undefined,
  ): Promise<false | Record<string, unknown>> {
    const { request } = connection;
    if (request === null) return false;
    const admission = await authenticate(connectionParams, request);
    const refused = 'refused' in admission ? admission.refused : null;
    if ('refused' in admission || !perViewer.add(admission.viewer.userId)) {
      turnAway(
        connection,
        refused ?? 'overloaded',
        refused === null ? 'too many sockets of one viewer' : undefined,
      );
      return false;
    }
    const { viewer } = admission;
    connection.viewer = viewer;
    connection.request = null;
    // It may have gone while it was being admitted: then nobody else forgets it.
    if (!connections.has(connection)) perViewer.remove(viewer.userId);
    else if (viewer.expiresAt !== null) expiring.add(connection);
    return { expiresAt: viewer.expiresAt === null ? null : new Date(viewer.expiresAt).toISOString() };
  }

  function turnAway(connection: WsConnection, reason: CloseReason, cause: string = CLOSE[reason][1]): void {
    connection.end(reason);
    report('upgradeRefused', { code: CLOSE[reason][0], cause });
  }

  function endExpired(): void {
    const at = now();
    for (const connection of expiring) {
      if ((connection.viewer?.expiresAt ?? at) > at) continue;
      expiring.delete(connection);
      connection.end('expired');
    }
  }

  function opened(socket: WebSocket, request: IncomingMessage): void {
    const connection = new WsConnection(socket, request);
    // ws closes by itself what breaks its protocol, and tells of it here as well.
    socket.on('error', (err) => log.debug({ err }, 'a WebSocket failed'));
    if (draining || isFull() || !isWelcome(request)) {
      if (draining) turnAway(connection, 'goingAway');
      else if (isWelcome(request)) turnAway(connection, 'overloaded', 'too many connections');
      else connection.end('foreignOrigin');
      return;
    }
    connections.add(connection);
    heartbeat.add(connection);
    let onMessage: ((text: string) => Promise<void>) | null = null;
    const closed = operations.opened(
      {
        protocol: socket.protocol,
        send: (text) => connection.send(text),
        close: (code, reason) => socket.close(code, reason),
        onMessage(listener) {
          onMessage = listener;
        },
      },
      { connection },
    );
    const isTooMuch = (): boolean => {
      if (connection.count(limits.messagesPerMinute)) return false;
      connection.end('tooManyMessages');
      return true;
    };
    // ws answers each ping: a flood of them costs as much as one of messages.
    socket.on('ping', isTooMuch);
    socket.on('message', (data) => {
      if (isTooMuch()) return;
      onMessage?.(String(data)).catch((err: unknown) => failed(connection, err));
    });
    socket.once('close', (code, reason) => {
      connections.delete(connection);
      expiring.delete(connection);
      heartbeat.delete(connection);
      if (connection.viewer !== null) perViewer.remove(connection.viewer.userId);
      closed(code, String(reason)).catch((err: unknown) => failed(connection, err));
    });
  }

  function failed(connection: WsConnection, err: unknown): void {
    log.error({ err }, 'a WebSocket message failed unexpectedly');
    connection.end('failed');
  }

  return {
    upgrade(request, socket, head) {
      if (draining) {
        const status = 503;
        socket.end(
          `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
        );
        report('upgradeRefused', { code: status, cause: 'the gateway is stopping' });
        return;
      }
      server.handleUpgrade(request, socket, head, opened);
    },
    get size() {
      return connections.size;
    },
    async close(drainMs) {
      draining = true;
      await endStaggered([...connections], drainMs, (connection) => connection.end('goingAway'));
      const gone = [...connections].map(
        ({ socket }) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      );
      const cut = setTimeout(() => {
        for (const { socket } of connections) socket.terminate();
      }, GRACE_MS);
      await Promise.all(gone);
      clearTimeout(cut);
      heartbeat.close();
      server.close();
    },
  };
}
