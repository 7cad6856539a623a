/** Bounds of the limiter; each has a default. */
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
   * Counts a failed authentication of this address. Returns null where it is answered 401 as usual, or, where the
   * address failed too often, the whole seconds (at least 1) to answer 429 with.
   */
  readonly failed: (address: string) => number | null;
}

/**
 * Slows down clients that guess secrets. It is called only after authentication failed, so an authentic callback is
 * never answered 429, even from an address that failed before.
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
