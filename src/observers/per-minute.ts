const MINUTE_MS = 60_000;
/** The most keys kept; then the oldest is dropped. Clients choose some keys, so their number must be bounded. */
const MAX_KEYS = 1_000;

/** Whether an event of a key is to be logged. */
export interface Passed {
  readonly passed: boolean;
  /** How many of this key did not pass in its last minute; 0 except for the first of a new minute. */
  readonly unlogged: number;
}

/** Lets `limit` events of each key pass in a minute, so that no client can fill the log. */
export function createPerMinute(limit: number, now = () => performance.now()): (key: string) => Passed {
  const windows = new Map<string, { readonly openedAt: number; count: number }>();
  return (key) => {
    const at = now();
    const open = windows.get(key);
    if (open !== undefined && at - open.openedAt < MINUTE_MS) {
      open.count += 1;
      return { passed: open.count <= limit, unlogged: 0 };
    }
    windows.delete(key);
    const [oldest] = windows.keys();
    if (windows.size >= MAX_KEYS && oldest !== undefined) windows.delete(oldest);
    windows.set(key, { openedAt: at, count: 1 });
    return { passed: true, unlogged: Math.max(0, (open?.count ?? 0) - limit) };
  };
}
