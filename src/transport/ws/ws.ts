import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Viewer } from '../../domain/viewer.ts';
import type { Fanout } from '../../live/fanout/fanout.ts';
import type { Logger } from '../../logger.ts';
import type { Emit } from '../../observe.ts';
import type { Connections } from '../connections.ts';
import type { Engine } from '../engine/engine.ts';
import type { ResolveDocument } from '../engine/named-document.ts';
import type { GraphqlRequest } from '../engine/request.ts';
import { createAdmit, turnAway } from './admit.ts';
import type { Authenticate } from './authenticate.ts';
import { GraphqlSocket, WsConnection } from './connection.ts';
import { createWsOperations } from './operations.ts';

/** What a client may take; Infinity where it is not limited. */
export interface WsLimits {
  /** Bytes of one message: closed with 1009. */
  readonly messageBytes: number;
  /** Time for `connection_init`, in milliseconds: closed with 4408. */
  readonly initWithinMs: number;
  /** Subscriptions of one socket: one more is answered by an error on its id. */
  readonly maxSubscriptions: number;
  /** Messages, pings and pongs among them: closed with 1008. */
  readonly maxMessagesPerMinute: number;
}

interface WsTransportOptions {
  readonly engine: Engine;
  readonly resolveDocument?: ResolveDocument;
  readonly fanout: Fanout;
  readonly connections: Connections;
  readonly log: Logger;
  readonly emit: Emit;
  readonly authenticate: Authenticate;
  /** The viewer of one operation, where its `extensions` name another: explore mode's headers pane. Throws BAD_USER_INPUT. */
  readonly viewerOf?: (viewer: Viewer, extensions: GraphqlRequest['extensions']) => Viewer;
  /** Whether the handshake may come from where it says: where not, 1008. */
  readonly isWelcome: (request: IncomingMessage) => boolean;
  readonly limits: WsLimits;
}

/** GraphQL over WebSocket: the subprotocol graphql-transport-ws. */
export interface WsTransport {
  /** Takes the handshake of a request for `/graphql`; while draining it is answered 503. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** How long a client may take to answer the closing handshake before its connection is cut. */
const CLOSING_MS = 5_000;
const RETRY_LATER =
  `HTTP/1.1 503 ${STATUS_CODES[503]}\r\n` +
  'Retry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** What subscriptions-transport-ws speaks, a library that is no longer kept. */
const OLD_PROTOCOL = 'graphql-ws';

/**
 * The old protocol is taken for as long as it takes to say which one to use: a browser whose offer is not answered shows
 * no close code. Any other offer is left without an answer, and graphql-ws closes with 4406.
 */
function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return [GRAPHQL_TRANSPORT_WS_PROTOCOL, OLD_PROTOCOL].find((one) => offered.has(one)) ?? false;
}

export function createWsTransport(options: WsTransportOptions): WsTransport {
  const { engine, fanout, connections, log, emit, authenticate, isWelcome, limits } = options;
  // A name of its own, because the types do not know closeTimeout yet.
  const settings = {
    noServer: true,
    WebSocket: GraphqlSocket,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.messageBytes,
    handleProtocols: chooseProtocol,
    closeTimeout: CLOSING_MS,
  };
  const server = new WebSocketServer<typeof GraphqlSocket>(settings);
  const operations = createWsOperations({
    engine,
    resolveDocument: options.resolveDocument ?? ((request) => request),
    fanout,
    admit: createAdmit({ authenticate, connections, emit }),
    viewerOf: options.viewerOf ?? ((viewer) => viewer),
    initWithinMs: limits.initWithinMs,
    maxSubscriptions: limits.maxSubscriptions,
  });

  function opened(socket: GraphqlSocket, request: IncomingMessage): void {
    // Where a client breaks the protocol, ws closes its socket by itself, and reports it here as well.
    socket.on('error', onError);
    const connection = new WsConnection(socket, request);
    if (!isWelcome(request)) connection.end('foreignOrigin');
    else if (socket.protocol === OLD_PROTOCOL) turnAway(connection, 'oldProtocol', emit);
    else if (connections.add(connection)) serve(socket, connection);
    else turnAway(connection, 'overloaded', emit, 'too many connections');
  }

  /** Hands the client's messages to graphql-ws until the socket has closed. */
  function serve(socket: GraphqlSocket, connection: WsConnection): void {
    socket.connection = connection;
    operations.open(connection);
    socket.on('message', onMessage);
    socket.on('ping', onPing);
    socket.on('pong', onPong);
    socket.on('close', onClose);
  }

  // One of each for all sockets: of thousands that are idle, listeners of their own would take a tenth of the memory.

  function onError(err: Error): void {
    log.debug({ err }, 'a WebSocket failed');
  }

  function onMessage(this: WebSocket, data: RawData): void {
    const connection = connectionOf(this);
    if (connection === null || !mayGoOn(connection)) return;
    operations.receive(connection, String(data)).catch((err: unknown) => failed(connection, err));
  }

  /** ws answers each ping: a flood of them costs as much as one of messages. */
  function onPing(this: WebSocket): void {
    const connection = connectionOf(this);
    if (connection !== null) mayGoOn(connection);
  }

  function onPong(this: WebSocket): void {
    connectionOf(this)?.answered();
  }

  function onClose(this: WebSocket, code: number, reason: Buffer): void {
    const connection = connectionOf(this);
    if (connection === null) return;
    connections.remove(connection);
    connection.closed(code, String(reason)).catch((err: unknown) => failed(connection, err));
  }

  function mayGoOn(connection: WsConnection): boolean {
    const isWithin = connection.countMessage(limits.maxMessagesPerMinute);
    if (!isWithin) connection.end('tooManyMessages');
    return isWithin;
  }

  function failed(connection: WsConnection, err: unknown): void {
    log.error({ err }, 'a WebSocket message failed unexpectedly');
    connection.end('failed');
  }

  return {
    upgrade(request, socket, head) {
      if (connections.isDraining) {
        socket.end(RETRY_LATER);
        emit.upgradeRefused?.({ code: 503, cause: 'the gateway is stopping' });
        return;
      }
      server.handleUpgrade(request, socket, head, opened);
    },
  };
}

function connectionOf(socket: WebSocket): WsConnection | null {
  return socket instanceof GraphqlSocket ? socket.connection : null;
}
