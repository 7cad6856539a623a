import { SpanKind, type Tracer } from '@opentelemetry/api';
import type { Events } from '../../observe.ts';
import { under } from './parents.ts';
import type { RecentCallbacks } from './recent-callbacks.ts';

/** The deliveries of one change over one transport that follow one another in one turn of the event loop. */
interface Burst {
  readonly position: number;
  readonly about: Events['changeDelivered'];
  readonly beganAt: number;
  endedAt: number;
  deliveries: number;
  longestMs: number;
}

/** Counts a delivery; its span is made when the event loop turns. */
export type AddDelivery = (event: Events['changeDelivered'], at: number) => void;

/**
 * Makes one span for the deliveries of one change over one transport, whatever the number of subscribers, because one
 * for each of thousands would cost more than the deliveries (docs/decisions/0045). It is a child of the callback's span
 * where this instance recorded the callback, else a root.
 */
export function createDeliverySpans(tracer: Tracer, recent: RecentCallbacks): AddDelivery {
  const bursts: Burst[] = [];

  function finish({ position, about, beganAt, endedAt, deliveries, longestMs }: Burst): void {
    const attributes = {
      'callboard.position': position,
      'callboard.transport': about.transport,
      'callboard.subject': about.subject,
      'callboard.deliveries': deliveries,
      'callboard.longest_ms': Math.round(longestMs * 10) / 10,
    };
    tracer
      .startSpan(
        'callboard.delivery',
        { kind: SpanKind.PRODUCER, startTime: beganAt, attributes },
        under(recent.find(position)),
      )
      .end(endedAt);
  }

  function finishAll(): void {
    for (const burst of bursts.splice(0)) finish(burst);
  }

  return (event, at) => {
    const { position, ms } = event;
    if (position === null || ms === null) return;
    const burst = findBurst(bursts, event);
    if (burst === undefined) {
      if (bursts.length === 0) setImmediate(finishAll);
      bursts.push({
        ...{ position, about: event, deliveries: 1, longestMs: ms },
        ...{ beganAt: at, endedAt: at },
      });
      return;
    }
    burst.endedAt = at;
    burst.deliveries += 1;
    if (ms > burst.longestMs) burst.longestMs = ms;
  };
}

/** Deliveries of one change follow one another, so only the last bursts are looked at. */
function findBurst(bursts: readonly Burst[], event: Events['changeDelivered']): Burst | undefined {
  for (let index = bursts.length - 1; index >= 0; index -= 1) {
    const burst = bursts[index];
    if (burst === undefined || burst.position !== event.position) return undefined;
    if (burst.about.transport === event.transport && burst.about.subject === event.subject) return burst;
  }
  return undefined;
}
