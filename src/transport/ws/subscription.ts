import type { GraphQLFormattedError } from 'graphql';
import { MessageType, stringifyMessage } from 'graphql-ws';
import type { Fanout, Membership } from '../../live/fanout/fanout.ts';
import type { Subscribable } from '../../live/fanout/group.ts';
import type { Sink } from '../../live/fanout/sink.ts';
import type { ReaderEnd } from '../../observe.ts';
import type { EncodeNext } from './frame.ts';

/** What a subscription needs of its connection. */
export interface SubscribedSocket {
  readonly isOpen: boolean;
  /** Whether it takes a frame now; where not, `drained` is called when it does again. */
  readonly writable: boolean;
  send(text: string): void;
  sendFrame(frame: Buffer): void;
  /** The operation is over: its id is free for another. */
  forget(id: string, subscription: WsSubscription): void;
  end(reason: 'slow'): void;
}

type Ended = IteratorResult<never, undefined>;

/**
 * One subscription on a socket, from the moment its client asked for it. It stands among the operations that graphql-ws
 * keeps by their ids, which ends it by `return` when the client completes it or the socket closes. The fan-out writes its
 * messages straight to the socket: nobody iterates it.
 */
export class WsSubscription implements Sink, AsyncIterableIterator<never, undefined> {
  readonly transport = 'ws';
  readonly #connection: SubscribedSocket;
  readonly #encode: EncodeNext;
  readonly #id: string;
  #membership: Membership | null = null;
  #isOver = false;

  constructor(connection: SubscribedSocket, encode: EncodeNext, id: string) {
    this.#connection = connection;
    this.#encode = encode;
    this.#id = id;
  }

  /** Whether its client wants nothing of it any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  join(fanout: Fanout, operation: Subscribable): void {
    this.#membership = fanout.join(operation, this);
  }

  writable(): boolean {
    return this.#connection.writable;
  }

  drained(): void {
    this.#membership?.drained();
  }

  send(payload: string): void {
    this.#connection.sendFrame(this.#encode(this.#id, payload));
  }

  fail(errors: readonly GraphQLFormattedError[]): void {
    this.#isOver = true;
    this.#membership = null;
    this.#connection.forget(this.#id, this);
    this.#connection.send(stringifyMessage({ id: this.#id, type: MessageType.Error, payload: errors }));
  }

  slow(): void {
    this.#connection.end('slow');
  }

  /** Ends it without a message to the client. */
  leave(reason: ReaderEnd): void {
    this.#isOver = true;
    this.#membership?.leave(reason);
    this.#membership = null;
  }

  async return(): Promise<Ended> {
    this.leave(this.#connection.isOpen ? 'completed' : 'disconnected');
    return { done: true, value: undefined };
  }

  next(): Promise<Ended> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
