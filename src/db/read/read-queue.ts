import type { Cancellation } from '../../domain/cancellation.ts';

/**
 * Runs reads one after the other, each in a turn of the event loop of its own; resolves as the read does. For a store
 * on our own thread: what it is handed at once it works off without letting timers and sockets have their turn, and
 * nothing can be taken back. What waits here can be given up: a read looks when its turn has come.
 */
export type ReadQueue = <T>(read: () => Promise<T>) => Promise<T>;

export function createReadQueue(): ReadQueue {
  const waiting: (() => void)[] = [];
  let isBusy = false;

  const next = (): void => {
    const start = waiting.shift();
    if (start === undefined) isBusy = false;
    else setImmediate(start);
  };

  return async (read) => {
    if (isBusy) await new Promise<void>((start) => waiting.push(start));
    isBusy = true;
    try {
      return await read();
    } finally {
      next();
    }
  };
}

/** For a store that works elsewhere, on several connections. */
export const unqueued: ReadQueue = (read) => read();

/** Runs a read through the queue; where it was given up before its turn it rejects with the reason, unread. */
export function readThrough<T>(
  queue: ReadQueue,
  cancellation: Cancellation | undefined,
  read: () => Promise<T>,
): Promise<T> {
  return queue(() => (cancellation?.aborted === true ? Promise.reject(cancellation.reason) : read()));
}
