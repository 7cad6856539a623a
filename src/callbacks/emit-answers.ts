import { readTraceparent } from '../http/traceparent.ts';
import type { CallbackAnswered, Emit } from '../observe.ts';
import type { CallbackAnswer, Incoming } from './receive.ts';

type Receive = (incoming: Incoming) => Promise<CallbackAnswer>;

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
    traceparent: readTraceparent(traceparent),
  };
}
