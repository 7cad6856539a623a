import type { GraphQLFormattedError } from 'graphql';
import type { Fanout, Membership } from '../../live/fanout/fanout.ts';
import type { Subscribable } from '../../live/fanout/group.ts';
import type { Sink } from '../../live/fanout/sink.ts';
import type { WsConnection } from './connection.ts';
import { type EncodeNext, headOf } from './frame.ts';
import { OperationErrors } from './operation-errors.ts';

type Ended = IteratorResult<never, undefined>;

/**
 * One subscription on a socket. It joins the fan-out, which writes straight to the socket, and is itself an iterable
 * that never yields: so graphql-ws holds its id until the client completes it, the socket closes or the operation
 * fails, and never completes it by itself.
 */
export class WsSubscription implements Sink, AsyncIterableIterator<never, undefined> {
  readonly transport = 'ws';
  readonly #connection: WsConnection;
  readonly #encode: EncodeNext;
  readonly #head: string;
  #membership: Membership | null = null;
  #isOver = false;
  #errors: readonly GraphQLFormattedError[] | null = null;
  #settle: ((over: Ended | Promise<never>) => void) | null = null;

  constructor(connection: WsConnection, encode: EncodeNext, id: string) {
    this.#connection = connection;
    this.#encode = encode;
    this.#head = headOf(id);
  }

  join(fanout: Fanout, operation: Subscribable): this {
    this.#membership = fanout.join(operation, this);
    this.#connection.add(this.#membership);
    return this;
  }

  writable(): boolean {
    return this.#connection.writable;
  }

  send(payload: string): void {
    this.#connection.sendFrame(this.#encode(this.#head, payload));
  }

  fail(errors: readonly GraphQLFormattedError[]): void {
    this.#errors = errors;
    this.#end();
  }

  slow(): void {
    this.#connection.end('slow');
  }

  /** Settles when the subscription is over; rejects where that was by errors. */
  next(): Promise<Ended> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (this.#isOver) this.#end();
    });
  }

  async return(): Promise<Ended> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    this.#isOver = true;
    if (this.#membership !== null) {
      this.#membership.leave(this.#connection.isOpen ? 'completed' : 'disconnected');
      this.#connection.remove(this.#membership);
      this.#membership = null;
    }
    this.#settle?.(
      this.#errors === null
        ? { done: true, value: undefined }
        : Promise.reject(new OperationErrors(this.#errors)),
    );
    this.#settle = null;
  }
}
