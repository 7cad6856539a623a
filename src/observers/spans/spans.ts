import { type Attributes, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Logger } from '../../logger.ts';
import type { CallbackAnswered, Events, Observer, OperationCode } from '../../observe.ts';
import { createBatchSpans } from './batch-spans.ts';
import { createDeliverySpans } from './delivery-spans.ts';
import { parentOf } from './parents.ts';
import { createRecentCallbacks } from './recent-callbacks.ts';
import { type RegisteredSdk, registeredSdk } from './registered.ts';
import { createSpanClock } from './span-clock.ts';

/** The spans of one gateway. */
export interface Spans {
  /** Has the SDK export what is finished, for two seconds at most. Never rejects. */
  close(): Promise<void>;
}

/** Codes of operations that failed by no fault of their sender. */
const OUR_FAULTS: ReadonlySet<OperationCode> = new Set(['UNAVAILABLE', 'TIMEOUT', 'INTERNAL_SERVER_ERROR']);

/**
 * Makes spans of a gateway's events for the OpenTelemetry SDK that is registered when this is called
 * (docs/operations.md#traces). Without one it listens to nothing, so that spans cost nothing. Attributes are words of
 * closed sets and numbers; none is a person's, a session's or a secret.
 */
export function createSpans(
  { on }: Observer,
  { version, log }: { readonly version: string; readonly log: Pick<Logger, 'info' | 'warn'> },
): Spans {
  const sdk = registeredSdk(version);
  if (sdk === null) return { close: async () => {} };
  listen(on, sdk);
  log.info('spans are given to the OpenTelemetry SDK of this process');
  return {
    async close() {
      try {
        await sdk.flush();
      } catch (err) {
        log.warn({ err }, 'the last spans could not be exported');
      }
    },
  };
}

function listen(on: Observer['on'], { tracer }: RegisteredSdk): void {
  const now = createSpanClock();
  const recent = createRecentCallbacks();
  const batches = createBatchSpans(tracer);
  const addDelivery = createDeliverySpans(tracer, recent);

  on('callbackAnswered', (event) => {
    const endedAt = now();
    const span = tracer.startSpan(
      'callboard.callback',
      { kind: SpanKind.SERVER, startTime: endedAt - event.ms, attributes: callbackAttributes(event) },
      parentOf(event.traceparent),
    );
    if (event.httpStatus >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    const { position, outcome } = event;
    if (position !== null && outcome !== 'repeated') recent.add(position, span.spanContext());
    batches.endCallback(span, outcome === 'repeated' ? null : position, endedAt);
  });
  on('batchBegan', () => batches.began(now()));
  on('batchCommitted', (event) => batches.committed(event, now()));
  on('batchAnswered', () => batches.answered());
  on('batchFailed', (event) => batches.failed(event, now()));
  on('changeDelivered', (event) => addDelivery(event, now()));
  on('operationExecuted', (event) => {
    const endedAt = now();
    const span = tracer.startSpan(
      'callboard.operation',
      { kind: SpanKind.SERVER, startTime: endedAt - event.ms, attributes: operationAttributes(event) },
      parentOf(event.traceparent),
    );
    if (OUR_FAULTS.has(event.code)) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endedAt);
  });
}

function operationAttributes({ type, code }: Events['operationExecuted']): Attributes {
  return { 'graphql.operation.type': type, 'callboard.code': code };
}

/** Undefined attributes are left out by the SDK. */
function callbackAttributes(event: CallbackAnswered): Attributes {
  return {
    'http.response.status_code': event.httpStatus,
    'callboard.outcome': event.outcome ?? 'refused',
    'callboard.kind': event.kind ?? undefined,
    'callboard.stage': event.stage ?? undefined,
    'callboard.status': event.status ?? undefined,
    'callboard.position': event.position ?? undefined,
    'callboard.bytes': event.bytes ?? undefined,
    'callboard.cause': event.cause ?? undefined,
  };
}
