import {
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  TraceFlags,
  trace,
} from '@opentelemetry/api';

/**
 * The parent of a request's span: the span that is active and still open, as instrumentation of HTTP makes one; else the
 * sender's by its `traceparent`, which was checked; else none. An active span of another trace than the sender's is not
 * the request's.
 */
export function parentOf(traceparent: string | null): Context {
  const sent = traceparent === null ? null : spanContextOf(traceparent);
  const active = trace.getSpan(context.active());
  return active !== undefined && isOfRequest(active, sent) ? context.active() : under(sent);
}

function isOfRequest(active: Span, sent: SpanContext | null): boolean {
  const { traceId, traceFlags } = active.spanContext();
  // One that was not sampled records nothing, and what is beneath it is not sampled either.
  const isOpen = active.isRecording() || (traceFlags & TraceFlags.SAMPLED) === 0;
  return isOpen && (sent === null || traceId === sent.traceId);
}

/** The context in which a span becomes the child of this one; a root without. */
export function under(parent: SpanContext | null): Context {
  return parent !== null && isSpanContextValid(parent)
    ? trace.setSpanContext(ROOT_CONTEXT, parent)
    : ROOT_CONTEXT;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
function spanContextOf(traceparent: string): SpanContext {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}
