/** What has arrived and not been taken yet, in order: a test awaits the next item instead of sleeping. */
export interface AsyncQueue<T> {
  /** Arrived and not taken. */
  readonly size: number;
  push(item: T): void;
  /** Nothing more will come: waiting and later calls of `next` are rejected once the rest is taken. */
  end(reason: string): void;
  /** The next item; rejected after `timeoutMs` (5 s) or when the queue has ended. */
  next(timeoutMs?: number): Promise<T>;
}

export function createAsyncQueue<T>(name: string): AsyncQueue<T> {
  const items: T[] = [];
  const waiting: { resolve(item: T): void; reject(error: Error): void }[] = [];
  let ended: Error | undefined;
  return {
    get size() {
      return items.length;
    },
    push(item) {
      const first = waiting.shift();
      if (first === undefined) items.push(item);
      else first.resolve(item);
    },
    end(reason) {
      ended ??= new Error(`${name}: ${reason}`);
      for (const waiter of waiting.splice(0)) waiter.reject(ended);
    },
    next(timeoutMs = 5_000) {
      const item = items.shift();
      if (item !== undefined) return Promise.resolve(item);
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise<T>((resolve, reject) => {
        const waiter = {
          resolve: (arrived: T) => {
            clearTimeout(timer);
            resolve(arrived);
          },
          reject: (error: Error) => {
            clearTimeout(timer);
            reject(error);
          },
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(waiter), 1);
          reject(new Error(`${name}: nothing came within ${timeoutMs} ms`));
        }, timeoutMs);
        waiting.push(waiter);
      });
    },
  };
}
