/** Bounds of the limiter; each has DESIGN's default. */
export interface FailureLimiterOptions {
  /** Failures in one window that are still answered 401. */
  readonly limit?: number;
  /** The window, in milliseconds; it opens with an address's first failure. */
  readonly windowMs?: number;
  /** Addresses remembered; beyond it the one whose window opened first is forgotten. */
  readonly maxAddresses?: number;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

export interface FailureLimiter {
  /**
   * Counts a failed authentication of this address. Null: answer it as any failure. A number: it failed too often;
   * answer 429 and let it wait so many whole seconds (at least 1).
   */
  readonly failed: (address: string) => number | null;
}

/**
 * Slows down who guesses secrets. It is asked only after authentication failed, so an authentic callback is never
 * answered 429, whatever its address did before (DESIGN §3).
 */
export function createFailureLimiter(options: FailureLimiterOptions = {}): FailureLimiter {
  const { limit = 10, windowMs = 60_000, maxAddresses = 10_000, now = Date.now } = options;
  // In the order in which the windows opened: a Map keeps the order of insertion.
  const windows = new Map<string, { readonly openedAt: number; failures: number }>();

  return {
    failed(address) {
      const at = now();
      const open = windows.get(address);
      if (open !== undefined && at - open.openedAt < windowMs) {
        open.failures += 1;
        if (open.failures <= limit) return null;
        return Math.max(1, Math.ceil((open.openedAt + windowMs - at) / 1000));
      }
      windows.delete(address);
      if (windows.size >= maxAddresses) {
        const [oldest] = windows.keys();
        if (oldest !== undefined) windows.delete(oldest);
      }
      windows.set(address, { openedAt: at, failures: 1 });
      return null;
    },
  };
}
