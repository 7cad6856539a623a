/** Asks a store the same question again and again, and reports when it stops answering and when it answers again. */
export interface Poll {
  close(): void;
}

export interface PollOptions {
  readonly everyMs: number;
  /** Rejects where the store does not answer. */
  readonly ask: () => Promise<unknown>;
  /** Whether this turn is left out: something else is asking already. */
  readonly isBusy: () => boolean;
  /** Called once when the store stops answering. */
  readonly onLost: (err: unknown) => void;
  /** Called once when it answers again, so many milliseconds after `onLost`. */
  readonly onReached: (afterMs: number) => void;
}

export function createPoll({ everyMs, ask, isBusy, onLost, onReached }: PollOptions): Poll {
  /** By performance.now(); null while the store answers. */
  let lostAt: number | null = null;
  let isClosed = false;

  function answered(): void {
    if (lostAt !== null) onReached(Math.round(performance.now() - lostAt));
    lostAt = null;
  }

  function failed(err: unknown): void {
    if (isClosed || lostAt !== null) return;
    lostAt = performance.now();
    onLost(err);
  }

  const timer = setInterval(() => {
    if (!isBusy()) ask().then(answered, failed);
  }, everyMs).unref();
  return {
    close() {
      isClosed = true;
      clearInterval(timer);
    },
  };
}
