import { setTimeout } from 'node:timers/promises';
import type { Delivery, Plan } from '../plan/plan.ts';

export interface PlayOptions {
  /** 1: pauses as planned; 10: ten times shorter; 0: none. */
  readonly speed: number;
  /** Deliveries that begin in a second, at most; null: as many as come. */
  readonly rate: number | null;
  readonly restartQuietMs: number;
  /** Ends it; what is on its way is awaited. */
  readonly signal: AbortSignal;
  /** Sends one. A rejection ends it all. */
  readonly deliver: (delivery: Delivery) => Promise<void>;
  /** At the moment of each delivery, lost ones included, in their order. */
  readonly onMoment: (delivery: Delivery) => void;
}

/** Deliveries that may be on their way at once. */
const MAX_IN_FLIGHT = 200;

/**
 * Sends what is planned, in its order. At speed 0 without a rate each delivery waits for the answer to the one before, so
 * that they arrive in this order too; else only those of the same session or payment do. What has to be quiet is: a
 * delivery that is too early holds back all after it, and the time that this takes is added to the plan.
 */
export async function play({ deliveries }: Plan, options: PlayOptions): Promise<void> {
  const { speed, rate, restartQuietMs, signal, deliver, onMoment } = options;
  const isOneByOne = speed === 0 && rate === null;
  const startedAt = performance.now();
  /** When each delivery was answered, by those that others wait for. */
  const awaited = new Set(deliveries.flatMap(({ quietSince }) => quietSince ?? []));
  const endedAt = new Map<Delivery, number>();
  const lastOf = new Map<number, Promise<void>>();
  const inFlight = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  let shift = 0;
  let begun = 0;

  const pause = async (until: number): Promise<void> => {
    const wait = until - performance.now();
    if (wait > 0) await setTimeout(wait, undefined, { signal });
  };

  async function wait({ at, quietSince, subject }: Delivery): Promise<void> {
    await pause(startedAt + (speed > 0 ? at / speed : 0) + shift);
    if (rate !== null) await pause(startedAt + shift + (begun * 1_000) / rate);
    if (quietSince === null) return;
    if (!endedAt.has(quietSince)) await lastOf.get(subject.number);
    const due = (endedAt.get(quietSince) ?? 0) + restartQuietMs;
    shift += Math.max(0, due - performance.now());
    await pause(due);
  }

  async function send(delivery: Delivery, before: Promise<void> | undefined): Promise<void> {
    await before;
    if (failure !== null) return;
    if (!delivery.isLost) await deliver(delivery);
    if (awaited.has(delivery)) endedAt.set(delivery, performance.now());
  }

  try {
    for (const delivery of deliveries) {
      await wait(delivery);
      if (failure !== null || signal.aborted) break;
      onMoment(delivery);
      begun += 1;
      const { number } = delivery.subject;
      const sent = send(delivery, lastOf.get(number)).catch((error: unknown) => {
        failure ??= { error };
      });
      lastOf.set(number, sent);
      inFlight.add(sent);
      void sent.then(() => inFlight.delete(sent));
      if (isOneByOne) await sent;
      else if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
    }
  } catch (error) {
    failure ??= { error };
  }
  await Promise.all(inFlight);
  if (failure !== null && !signal.aborted) throw failure.error;
}
