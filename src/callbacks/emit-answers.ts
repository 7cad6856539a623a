import type { CallbackAnswered, Emit } from '../observe.ts';
import type { CallbackAnswer, Incoming } from './receive.ts';

type Receive = (incoming: Incoming) => Promise<CallbackAnswer>;

/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** Wraps `receive`: emits each answer with the time since the head of its request arrived. */
export function emitAnswers(receive: Receive, emit: Emit): Receive {
  return async (incoming) => {
    const began = performance.now();
    const answer = await receive(incoming);
    emit.callbackAnswered?.(eventOf(answer, incoming.headers.traceparent, performance.now() - began));
    return answer;
  };
}

function eventOf({ status, about }: CallbackAnswer, traceparent: unknown, ms: number): CallbackAnswered {
  return {
    httpStatus: status,
    outcome: about.outcome ?? null,
    kind: about.kind ?? null,
    stage: about.stage ?? null,
    status: about.status ?? null,
    position: about.position ?? null,
    bytes: about.bytes ?? null,
    cause: about.cause ?? null,
    ms: Math.round(ms * 10) / 10,
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : null,
  };
}
