import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Context, WebSocket as ProtocolSocket } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Viewer } from '../../domain/viewer.ts';
import { Backpressure } from '../backpressure.ts';
import type { Connection } from '../connections.ts';
import { readerEndOf } from '../reader-end.ts';
import { CLOSE_CODES, type CloseReason } from './close-codes.ts';
import { WsSubscription } from './subscription.ts';

/** What graphql-ws keeps of a connection: its operations among it. */
export type WsContext = Context<Record<string, unknown>, WsConnection>;

/** ws's socket. It knows its connection, so that the same listeners serve all sockets. */
export class GraphqlSocket extends WebSocket {
  connection: WsConnection | null = null;
}

const MINUTE_MS = 60_000;
/** A peer that left so many pings in a row unanswered is taken for dead. */
const MAX_UNANSWERED_PINGS = 2;

/** One client's socket, as graphql-ws and the subscriptions that are sent over it see it. */
export class WsConnection implements Connection, ProtocolSocket {
  readonly transport = 'ws';
  readonly socket: WebSocket;
  /** The handshake, until the client was admitted: it holds more memory than everything else here. */
  request: IncomingMessage | null;
  viewer: Viewer | null = null;
  /** Set when the client sends `connection_init`. */
  context: WsContext | null = null;
  /** Hands a message of the client to graphql-ws. */
  receive: (text: string) => Promise<void> = async () => {};
  /** Tells graphql-ws that the socket has closed. */
  closed: (code?: number, reason?: string) => Promise<void> = async () => {};
  readonly #tcp: Socket;
  readonly #backpressure: Backpressure;
  #unansweredPings = 0;
  #messages = 0;
  #minuteBegan = 0;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
    this.#tcp = request.socket;
    this.#backpressure = new Backpressure(request.socket, this);
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Whether subscriptions may send more. Where not, they are called when there is room again. */
  get writable(): boolean {
    return this.isOpen && this.#backpressure.hasRoom();
  }

  drained(): void {
    for (const subscription of this.#subscriptions()) subscription.drained();
  }

  send(text: string): void {
    if (!this.isOpen) return;
    this.socket.send(text);
    if (this.#backpressure.isExceeded()) this.end('slow');
  }

  /**
   * Sends a whole frame of a subscription that found the connection writable: by one write, where ws would need two
   * and a copy. Without compression ws itself writes at once, so that frames never mix.
   */
  sendFrame(frame: Buffer): void {
    if (this.isOpen) this.#tcp.write(frame);
  }

  close(code?: number, reason?: string): void {
    this.socket.close(code, reason);
  }

  onMessage(receive: (text: string) => Promise<void>): void {
    this.receive = receive;
  }

  /** The id is free for another operation. */
  forget(id: string, subscription: WsSubscription): void {
    const subscriptions = this.context?.subscriptions ?? {};
    if (subscriptions[id] === subscription) delete subscriptions[id];
  }

  /** Counts a message of the client; false when there were more than `max` in a minute. */
  countMessage(max: number): boolean {
    const now = performance.now();
    if (now - this.#minuteBegan > MINUTE_MS) {
      this.#minuteBegan = now;
      this.#messages = 0;
    }
    this.#messages += 1;
    return this.#messages <= max;
  }

  /** The peer answered a ping. */
  answered(): void {
    this.#unansweredPings = 0;
  }

  /** Checks that the peer answers, and cuts one that does not. */
  ping(): void {
    if (this.#unansweredPings >= MAX_UNANSWERED_PINGS) {
      this.terminate();
    } else if (this.isOpen) {
      this.#unansweredPings += 1;
      this.socket.ping();
    }
  }

  /** Closes it, without a `complete` for any subscription: so its client knows that there is more to come. */
  end(reason: CloseReason): void {
    for (const subscription of this.#subscriptions()) subscription.leave(readerEndOf(reason));
    const [code, text] = CLOSE_CODES[reason];
    this.socket.close(code, text);
  }

  terminate(): void {
    this.socket.terminate();
  }

  #subscriptions(): WsSubscription[] {
    const operations = Object.values(this.context?.subscriptions ?? {});
    return operations.filter((operation) => operation instanceof WsSubscription);
  }
}
