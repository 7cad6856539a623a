import { WebSocket } from 'ws';
import { closeLater } from '../closing.ts';
import { createAsyncQueue } from './async-queue.ts';
import { at, type Headers, type Operation, type Result, toResult } from './client.ts';

/** A message of the graphql-transport-ws protocol. */
export interface WsMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

export interface WsOptions {
  readonly connectionParams?: Readonly<Record<string, unknown>>;
  /** Of the handshake. */
  readonly headers?: Headers;
}

/** A socket that speaks graphql-transport-ws byte for byte as the tests say; it answers the server's pings only. */
export interface WsConnection {
  readonly socket: WebSocket;
  /** How the socket ended; it settles once. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(message: WsMessage): void;
  /** The next message of any type. */
  nextMessage(timeoutMs?: number): Promise<WsMessage>;
  close(): Promise<void>;
}

/** One subscription on a socket of its own. */
export interface Subscribed {
  /** The next result. Throws when an error or complete comes instead, or the socket ends. */
  next(timeoutMs?: number): Promise<Result>;
  /** Results that have arrived and not been taken. */
  pending(): number;
  /** Stops reading from the socket, so that what is sent piles up on its way. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export interface WsSubscribed extends Subscribed {
  readonly connection: WsConnection;
  /** Payload of `connection_ack`. */
  readonly acknowledged: unknown;
}

/** Opens a socket without a word of the protocol said. Rejects where the handshake is refused. */
export async function connectWs(
  url: string,
  { headers = {} }: WsOptions = {},
): Promise<WsConnection & Pending> {
  const address = `${url.replace(/^http/, 'ws')}/graphql`;
  const socket = new WebSocket(address, 'graphql-transport-ws', { headers });
  const arrived = createAsyncQueue<WsMessage>('WebSocket');
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      arrived.end(`closed with ${code} ${reason}`);
      resolve({ code, reason: reason.toString() });
    });
  });
  socket.on('message', (data) => {
    const message = toMessage(JSON.parse(String(data)));
    if (message.type === 'ping') socket.send('{"type":"pong"}');
    else arrived.push(message);
  });
  const close = async (): Promise<void> => {
    if (socket.readyState !== WebSocket.CLOSED) socket.close(1000);
    await closed;
  };
  closeLater(async () => {
    socket.terminate();
    await closed;
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    // Kept for good: an error after the opening shows in `closed`.
    socket.on('error', reject);
  });
  return {
    socket,
    closed,
    send: (message) => socket.send(JSON.stringify(message)),
    nextMessage: (timeoutMs) => arrived.next(timeoutMs),
    pending: () => arrived.size,
    close,
  };
}

interface Pending {
  pending(): number;
}

/** Connects, waits for `connection_ack` and subscribes with the id `1`. */
export async function subscribeWs(
  url: string,
  { connectionParams, headers, ...operation }: Operation & WsOptions,
): Promise<WsSubscribed> {
  const connection = await connectWs(url, headers === undefined ? {} : { headers });
  connection.send({
    type: 'connection_init',
    ...(connectionParams === undefined ? {} : { payload: connectionParams }),
  });
  const ack = await connection.nextMessage();
  if (ack.type !== 'connection_ack') throw new Error(`expected connection_ack: ${JSON.stringify(ack)}`);
  connection.send({ id: '1', type: 'subscribe', payload: operation });
  return {
    connection,
    acknowledged: ack.payload,
    async next(timeoutMs) {
      const message = await connection.nextMessage(timeoutMs);
      if (message.type !== 'next') throw new Error(`expected a result: ${JSON.stringify(message)}`);
      return toResult(message.payload);
    },
    pending: () => connection.pending(),
    pause: () => connection.socket.pause(),
    resume: () => connection.socket.resume(),
    close: () => connection.close(),
  };
}

function toMessage(value: unknown): WsMessage {
  const [type, id] = [at(value, 'type'), at(value, 'id')];
  if (typeof type !== 'string') throw new Error(`not a message: ${JSON.stringify(value)}`);
  return { type, payload: at(value, 'payload'), ...(typeof id === 'string' ? { id } : {}) };
}
