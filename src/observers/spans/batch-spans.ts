import { type Span, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import type { Events } from '../../observe.ts';
import { under } from './parents.ts';

/** A batch that was committed, and whose callbacks are being answered. */
interface Committed {
  readonly event: Events['batchCommitted'];
  readonly beganAt: number;
  readonly endedAt: number;
  /** Spans of callbacks that are rows of it, which end with the batch's. */
  readonly callbacks: { readonly span: Span; readonly endedAt: number }[];
}

/** Makes one span for each batch, from its beginning to its COMMIT. */
export interface BatchSpans {
  began(at: number): void;
  committed(event: Events['batchCommitted'], at: number): void;
  /** Ends the span of a callback, at `at` and, where it is a row of the batch, linked with the batch. */
  endCallback(span: Span, position: number | null, at: number): void;
  answered(): void;
  failed(event: Events['batchFailed'], at: number): void;
}

/**
 * A batch of one callback is a child of its span. A batch of several has a trace of its own: it has a link to each of
 * its callbacks, and each of them to it. An instance writes one batch at a time, and its callbacks are answered between
 * `committed` and `answered`, while the next one may have begun.
 */
export function createBatchSpans(tracer: Tracer): BatchSpans {
  let beganAt = 0;
  let committed: Committed | null = null;

  function finish({ event, beganAt: startTime, endedAt, callbacks }: Committed): void {
    const [first] = callbacks;
    const isOnly = event.callbacks === 1 && callbacks.length === 1;
    const attributes = {
      'callboard.callbacks': event.callbacks,
      'callboard.rows': event.rows,
      ...(event.firstPosition === null ? {} : { 'callboard.first_position': event.firstPosition }),
    };
    const links = isOnly ? [] : callbacks.map(({ span }) => ({ context: span.spanContext() }));
    const parent = under(isOnly && first !== undefined ? first.span.spanContext() : null);
    const span = tracer.startSpan(
      'callboard.batch',
      { kind: SpanKind.INTERNAL, startTime, attributes, links },
      parent,
    );
    span.end(endedAt);
    for (const callback of callbacks) {
      // Old SDKs cannot add a link to a span that has begun.
      if (!isOnly && 'addLink' in callback.span) callback.span.addLink({ context: span.spanContext() });
      callback.span.end(callback.endedAt);
    }
  }

  function finishCommitted(): void {
    if (committed !== null) finish(committed);
    committed = null;
  }

  return {
    began(at) {
      beganAt = at;
    },
    committed(event, at) {
      finishCommitted();
      committed = { event, beganAt, endedAt: at, callbacks: [] };
    },
    endCallback(span, position, at) {
      if (committed !== null && isRowOf(committed.event, position))
        committed.callbacks.push({ span, endedAt: at });
      else span.end(at);
    },
    answered: finishCommitted,
    failed({ callbacks, cause }, at) {
      const attributes = { 'callboard.callbacks': callbacks, 'callboard.cause': cause };
      const span = tracer.startSpan(
        'callboard.batch',
        { kind: SpanKind.INTERNAL, startTime: beganAt, attributes },
        under(null),
      );
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(at);
    },
  };
}

function isRowOf({ firstPosition, rows }: Events['batchCommitted'], position: number | null): boolean {
  return (
    position !== null &&
    firstPosition !== null &&
    position >= firstPosition &&
    position < firstPosition + rows
  );
}
