import type { Report } from '../observe.ts';
import type { CallbackAnswer, Incoming } from './receive.ts';

type Receive = (incoming: Incoming) => Promise<CallbackAnswer>;

/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** Has each callback's answer reported, with the time from its head to its answer. */
export function reportAnswers(receive: Receive, report: Report): Receive {
  return async (incoming) => {
    const began = performance.now();
    const answer = await receive(incoming);
    const { about } = answer;
    const sent = incoming.headers.traceparent;
    report('callbackAnswered', {
      httpStatus: answer.status,
      outcome: about.outcome ?? null,
      kind: about.kind ?? null,
      stage: about.stage ?? null,
      status: about.status ?? null,
      position: about.position ?? null,
      bytes: about.bytes ?? null,
      cause: about.cause ?? null,
      ms: Math.round((performance.now() - began) * 10) / 10,
      traceparent: typeof sent === 'string' && TRACEPARENT.test(sent) ? sent : null,
    });
    return answer;
  };
}
