const STEP_MS = 50;

/**
 * Calls `end` for all of them, in order and spread evenly over `overMs`, so that clients that reconnect do not all
 * come at once. Resolves after the last call, within `overMs`.
 */
export async function endGradually<T>(
  all: readonly T[],
  overMs: number,
  end: (one: T) => void,
): Promise<void> {
  const began = performance.now();
  let ended = 0;
  while (ended < all.length) {
    // What is due in the step that begins now, so that the last step ends at `overMs` and not behind it.
    const share = Math.min(1, (performance.now() - began + STEP_MS) / overMs);
    const until = Math.ceil(all.length * share);
    for (const one of all.slice(ended, until)) end(one);
    ended = until;
    if (ended < all.length) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
