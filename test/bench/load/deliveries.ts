import { setTimeout as pause } from 'node:timers/promises';
import { deliver, STEPS } from './callbacks.ts';
import { type Caller, createCallers } from './caller.ts';
import { CALLERS, driveAll, driveFor, percentiles } from './drive.ts';
import type { JobOf, Load, Measured } from './job.ts';
import { openSubscriptions, TO_ALL, toSession } from './sockets.ts';

/** Callbacks under way at a time while each is delivered to all subscriptions. */
const CHANGERS = 8;
/** Changes that have not been received this long after the last one was are lost. */
const LOST_AFTER_MS = 3_000;
/** Between two callbacks, where each one's way to its subscriber is timed. */
const EVERY_MS = 4;

/** Counts changes as they are received. */
function createCount() {
  const count = { received: 0, lastAt: 0 };
  return {
    received(): void {
      count.received += 1;
      count.lastAt = performance.now();
    },
    /** Begins to count; gives what came from now on, when `expected` have come or the rest is lost. */
    begin() {
      count.received = 0;
      const began = performance.now();
      count.lastAt = began;
      return async (expected: number): Promise<Measured> => {
        const sentAt = performance.now();
        while (count.received < expected) {
          if (performance.now() - Math.max(sentAt, count.lastAt) > LOST_AFTER_MS) break;
          await pause(1);
        }
        const seconds = (count.lastAt - began) / 1_000;
        return { done: count.received, expected, seconds, p50Ms: null, p99Ms: null };
      };
    },
  };
}

/** All subscriptions ask for the same, and each change is delivered to every one of them. */
export function createIdenticalLoad({ url, seconds, subscriptions }: JobOf<'identical'>): Load {
  const callers = createCallers(url, CHANGERS);
  const count = createCount();
  const drive = async (prefix: string, forSeconds: number): Promise<Measured> => {
    const end = count.begin();
    const { done } = await driveFor(forSeconds, callers, (caller, n) =>
      deliver(caller, { sessionId: `${prefix}${n}`, step: 4 }),
    );
    return end(done * subscriptions);
  };
  return {
    async prepare() {
      await openSubscriptions(url, { count: subscriptions, of: () => TO_ALL, onChange: count.received });
      await drive('warm', seconds / 2);
    },
    measure: () => drive('run', seconds),
  };
}

/** Each subscription asks for a session of its own; the sessions change in turn, as fast as callbacks are answered. */
export function createDifferentLoad({ url, seconds, subscriptions }: JobOf<'different'>): Load {
  const callers = createCallers(url, CALLERS);
  const count = createCount();
  return {
    async prepare() {
      await createSessions(callers, subscriptions);
      await openSubscriptions(url, { count: subscriptions, of: toOwn, onChange: count.received });
    },
    async measure() {
      const end = count.begin();
      let changes = 0;
      const until = performance.now() + seconds * 1_000;
      // Round by round, until the sessions have walked the whole road or the time is over.
      await driveAll((STEPS - 1) * subscriptions, callers, async (caller, n) => {
        if (performance.now() > until) return;
        changes += 1;
        await deliver(caller, {
          sessionId: `own${n % subscriptions}`,
          step: 1 + Math.floor(n / subscriptions),
        });
      });
      return end(changes);
    },
  };
}

/** As with different subscriptions, but one callback at a time, each timed from its sending to its subscriber. */
export function createLatencyLoad({ url, seconds, subscriptions }: JobOf<'latency'>): Load {
  const callers = createCallers(url, CALLERS);
  const count = createCount();
  const sentAt = new Map<number, number>();
  const times: number[] = [];
  const onChange = (n: number) => {
    count.received();
    const at = sentAt.get(n);
    if (at !== undefined) times.push(performance.now() - at);
    sentAt.delete(n);
  };
  return {
    async prepare() {
      await createSessions(callers, subscriptions);
      await openSubscriptions(url, { count: subscriptions, of: toOwn, onChange });
    },
    async measure() {
      const end = count.begin();
      const changes = Math.min((seconds * 1_000) / EVERY_MS, (STEPS - 1) * subscriptions);
      const began = performance.now();
      const answers: Promise<void>[] = [];
      for (let n = 0; n < changes; n += 1) {
        await pause(Math.max(0, began + n * EVERY_MS - performance.now()));
        const own = n % subscriptions;
        sentAt.set(own, performance.now());
        const step = 1 + Math.floor(n / subscriptions);
        answers.push(deliver(at(callers, n), { sessionId: `own${own}`, step }));
      }
      await Promise.all(answers);
      return { ...(await end(answers.length)), ...percentiles(times) };
    },
  };
}

/** Subscriptions to sessions that nothing happens to. */
export function createIdleLoad({ url, seconds, subscriptions }: JobOf<'idle'>): Load {
  /** Garbage of the openings is collected meanwhile, as far as it will be. */
  const settle = () => pause(Math.min(SETTLES_MS, seconds * 1_000));
  const open = async (count: number, prefix: string) => {
    const of = (n: number) => toSession(`${prefix}${n}`);
    await openSubscriptions(url, { count, of, onChange() {} });
    await settle();
  };
  return {
    // The first ones cost code that is compiled, and buffers that others use too.
    prepare: () => open(Math.min(FIRST_IDLE, subscriptions), 'first'),
    async measure() {
      const began = performance.now();
      await open(subscriptions, 'idle');
      const took = (performance.now() - began) / 1_000;
      return { done: subscriptions, expected: subscriptions, seconds: took, p50Ms: null, p99Ms: null };
    },
  };
}
const SETTLES_MS = 2_000;
const FIRST_IDLE = 500;

const toOwn = (n: number) => toSession(`own${n}`);

const createSessions = (callers: readonly Caller[], count: number): Promise<void> =>
  driveAll(count, callers, (caller, n) => deliver(caller, { sessionId: `own${n}`, step: 0 }));

function at<T>(list: readonly T[], n: number): T {
  const one = list[n % list.length];
  if (one === undefined) throw new Error('the list is empty');
  return one;
}
