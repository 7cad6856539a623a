import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Viewer } from '../../domain/viewer.ts';
import type { Membership } from '../../live/fanout/fanout.ts';

/** Beyond this many bytes in the socket's own buffer its subscriptions wait; a reader that keeps up never gets there. */
const FULL = 64 * 1024;
/** A reader that leaves this many bytes unread is ended, whatever it asked for. */
const TOO_MUCH = 1024 * 1024;
const WINDOW_MS = 60_000;

/** Why the server ends a connection (DESIGN §10). A client comes back with its cursor after the first four. */
export const CLOSE = {
  goingAway: [1001, 'Going away'],
  overloaded: [1013, 'Try again later'],
  slow: [4008, 'Read too slowly'],
  expired: [4403, 'Token expired'],
  tooManyMessages: [1008, 'Too many messages'],
  foreignOrigin: [1008, 'Origin not allowed'],
  badRequest: [4400, "Callboard-As must be one user's id"],
  unauthorized: [4401, 'Unauthorized'],
  failed: [1011, 'Internal error'],
} as const;
export type CloseReason = keyof typeof CLOSE;

/** One client's socket: what is to be watched about it, and the subscriptions that are told through it. */
export class WsConnection {
  readonly socket: WebSocket;
  /** The handshake, until the client was admitted: what it holds is heavier than all the rest. */
  request: IncomingMessage | null;
  /** Null until the client was admitted. */
  viewer: Viewer | null = null;
  readonly #wire: Socket;
  readonly #members = new Set<Membership>();
  #isDrainAwaited = false;
  #pingsUnanswered = 0;
  #messages = 0;
  #windowBegan = 0;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
    this.#wire = request.socket;
    socket.on('pong', () => {
      this.#pingsUnanswered = 0;
    });
  }

  /** Whether subscriptions may be told more. Where not, they are called when there is room again. */
  get writable(): boolean {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    if (this.socket.bufferedAmount < FULL) return true;
    if (!this.#isDrainAwaited) {
      this.#isDrainAwaited = true;
      this.#wire.once('drain', () => {
        this.#isDrainAwaited = false;
        for (const member of this.#members) member.drained();
      });
    }
    return false;
  }

  send(text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(text);
    this.#watch();
  }

  /**
   * Sends a whole frame by one write, where ws would need two and a copy. Without compression ws itself writes at
   * once, so that frames never mix.
   */
  sendFrame(frame: Buffer): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (!this.#wire.write(frame)) this.#watch();
  }

  #watch(): void {
    if (this.socket.bufferedAmount > TOO_MUCH) this.end('slow');
  }

  add(member: Membership): void {
    this.#members.add(member);
  }

  remove(member: Membership): void {
    this.#members.delete(member);
  }

  /** Counts a message; false when there were more than `limit` in a minute. */
  count(limit: number): boolean {
    const now = performance.now();
    if (now - this.#windowBegan > WINDOW_MS) {
      this.#windowBegan = now;
      this.#messages = 0;
    }
    this.#messages += 1;
    return this.#messages <= limit;
  }

  /** Asks whether the peer is there. One that left two pings unanswered is cut. */
  ping(): void {
    if (this.#pingsUnanswered >= 2) {
      this.socket.terminate();
    } else if (this.socket.readyState === WebSocket.OPEN) {
      this.#pingsUnanswered += 1;
      this.socket.ping();
    }
  }

  /** Closes it, without a `complete` to any subscription: so its client knows that there is more to come. */
  end(reason: CloseReason): void {
    for (const member of this.#members) member.leave();
    this.#members.clear();
    const [code, text] = CLOSE[reason];
    this.socket.close(code, text);
  }
}
