import type { Caller } from './caller.ts';
import type { Measured } from './job.ts';

/** Connections, each with one request under way. */
export const CALLERS = 64;

/**
 * Has every caller send one request after another, until `seconds` are over. Each answer is looked at.
 * @param send sends the n-th request of all, and rejects where the answer is not what it must be
 */
export async function driveFor(
  seconds: number,
  callers: readonly Caller[],
  send: (caller: Caller, n: number) => Promise<void>,
): Promise<Measured> {
  const times: number[] = [];
  let sent = 0;
  const began = performance.now();
  const until = began + seconds * 1_000;
  await Promise.all(
    callers.map(async (caller) => {
      for (let at = performance.now(); at < until; ) {
        await send(caller, sent++);
        const ended = performance.now();
        times.push(ended - at);
        at = ended;
      }
    }),
  );
  const took = (performance.now() - began) / 1_000;
  return { done: times.length, expected: sent, seconds: took, ...percentiles(times) };
}

/** Sends the requests 0 to `count` − 1, each caller one after another. */
export async function driveAll(
  count: number,
  callers: readonly Caller[],
  send: (caller: Caller, n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    callers.map(async (caller) => {
      while (next < count) await send(caller, next++);
    }),
  );
}

export function percentiles(times: readonly number[]): { p50Ms: number | null; p99Ms: number | null } {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
