import type { ServerResponse } from 'node:http';
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import type { Viewer } from '../../domain/viewer.ts';
import type { Fanout, Membership } from '../../live/fanout/fanout.ts';
import type { Subscribable } from '../../live/fanout/group.ts';
import type { Sink } from '../../live/fanout/sink.ts';
import type { ReaderEnd } from '../../observe.ts';
import { Backpressure, HIGH_WATER_BYTES } from '../backpressure.ts';
import type { Connection, EndReason } from '../connections.ts';
import { readerEndOf } from '../reader-end.ts';

export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // nginx would keep events until its buffer is full.
  'x-accel-buffering': 'no',
} as const;

/** A comment: shows that the stream is alive, and means nothing else. */
const COMMENT = ':\n\n';
const COMPLETE = 'event: complete\ndata:\n\n';

/** One client's stream of events, which carries the result of one operation. */
export class SseConnection implements Connection, Sink {
  readonly transport = 'sse';
  viewer: Viewer | null = null;
  readonly #res: ServerResponse;
  readonly #backpressure: Backpressure;
  #membership: Membership | null = null;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#backpressure = new Backpressure(res, this);
  }

  /** Sends the head and a comment at once, so that the client knows it is connected. `retryMs` is for EventSource. */
  open(retryMs: number | null): void {
    this.#res.writeHead(200, STREAM_HEADERS);
    this.#res.write(retryMs === null ? COMMENT : `retry: ${retryMs}\n\n${COMMENT}`);
  }

  join(fanout: Fanout, operation: Subscribable): void {
    // The client may have gone while the subscription was prepared.
    if (!this.#res.destroyed) this.#membership = fanout.join(operation, this);
  }

  writable(): boolean {
    return !this.#res.destroyed && this.#backpressure.hasRoom();
  }

  drained(): void {
    this.#membership?.drained();
  }

  send(payload: string, cursor: string): void {
    this.#res.write(`event: next\nid: ${cursor}\ndata: ${payload}\n\n`);
  }

  /** Sends the one result of an operation that has no more, and completes the stream. */
  answer(result: FormattedExecutionResult): void {
    this.#res.end(`event: next\ndata: ${JSON.stringify(result)}\n\n${COMPLETE}`);
  }

  fail(errors: readonly GraphQLFormattedError[]): void {
    this.#membership = null;
    this.answer({ errors });
  }

  slow(): void {
    this.end('slow');
  }

  ping(): void {
    if (!this.#res.writableEnded && this.#res.writableLength < HIGH_WATER_BYTES) this.#res.write(COMMENT);
  }

  /** Cuts the stream without `complete`, for any reason: so its client knows that there is more to come. */
  end(reason: EndReason): void {
    this.leave(readerEndOf(reason));
    this.#res.destroy();
  }

  terminate(): void {
    this.#res.destroy();
  }

  /** Ends the subscription: nothing is sent any more. */
  leave(reason: ReaderEnd): void {
    this.#membership?.leave(reason);
    this.#membership = null;
  }
}
