import type { GraphQLFormattedError } from 'graphql';
import type { Fanout, Membership, Sink, Tellable } from '../../live/fanout/fanout.ts';
import type { WsConnection } from './connection.ts';
import { createEncodeNext, type EncodeNext, headOf } from './frame.ts';

/** Ends a subscription by errors: graphql-ws says so to the client and forgets its id. */
export class OperationOver extends Error {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super('the operation ended by errors');
    this.errors = errors;
  }
}

type Ended = IteratorResult<never, undefined>;

/**
 * One subscription on a socket. It joins the fan-out, which writes straight to the socket, and is itself an iterable
 * that never yields: so graphql-ws holds its id until the client completes it, the socket closes or the operation
 * fails, and never completes it by itself.
 */
class WsSubscription implements Sink, AsyncIterableIterator<never, undefined> {
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

  join(fanout: Fanout, operation: Tellable): void {
    this.#membership = fanout.join(operation, this);
    this.#connection.add(this.#membership);
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
      this.#membership.leave();
      this.#connection.remove(this.#membership);
      this.#membership = null;
    }
    this.#settle?.(
      this.#errors === null
        ? { done: true, value: undefined }
        : Promise.reject(new OperationOver(this.#errors)),
    );
    this.#settle = null;
  }
}

/** Tells subscriptions through their connections until one of both ends. */
export function createTellOverWs(fanout: Fanout) {
  const encode = createEncodeNext();
  return (
    connection: WsConnection,
    id: string,
    operation: Tellable,
  ): AsyncIterableIterator<never, undefined> => {
    const subscription = new WsSubscription(connection, encode, id);
    subscription.join(fanout, operation);
    return subscription;
  };
}
