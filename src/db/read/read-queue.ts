import type { Cancellation } from '../../domain/cancellation.ts';

/**
 * Runs reads one after the other, each in a turn of the event loop of its own; resolves as the read does. For PGlite,
 * which runs on this thread: reads handed to it together would run without letting timers and sockets have their turn,
 * and could not be cancelled. A read that waits here can be: it checks when its turn comes.
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

/** For a store in another process, with several connections: runs each read at once. */
export const unqueued: ReadQueue = (read) => read();

/** Runs a read through the queue; where it was cancelled before its turn it rejects with the reason, unread. */
export function readThrough<T>(
  queue: ReadQueue,
  cancellation: Cancellation | undefined,
  read: () => Promise<T>,
): Promise<T> {
  return queue(() => (cancellation?.aborted === true ? Promise.reject(cancellation.reason) : read()));
}
