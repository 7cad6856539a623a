const STEP_MS = 50;

/**
 * Ends `all` one after the other over `overMs`, so that those who come back do not come at once. Resolves after the
 * last was told to end.
 */
export function endStaggered<T>(all: readonly T[], overMs: number, end: (one: T) => void): Promise<void> {
  const steps = Math.max(1, Math.floor(overMs / STEP_MS));
  let step = 0;
  let ended = 0;
  if (all.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setInterval(next, STEP_MS);
    next();

    function next(): void {
      step += 1;
      const until = Math.ceil((all.length * step) / steps);
      for (const one of all.slice(ended, until)) end(one);
      ended = until;
      if (ended < all.length) return;
      clearInterval(timer);
      resolve();
    }
  });
}
