/** Keeps the newest of what was made or read once. */
export interface BoundedCache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  clear(): void;
}

/**
 * Bounded by the weight of what it keeps and not by the number: else whoever sends large things fills the memory. What
 * was used last stays longest.
 */
export function createBoundedCache<T>(
  most: number,
  weigh: (key: string, value: T) => number,
): BoundedCache<T> {
  // In the order of use: a Map keeps the order of insertion.
  const kept = new Map<string, { readonly value: T; readonly weight: number }>();
  let held = 0;

  function drop(key: string): void {
    held -= kept.get(key)?.weight ?? 0;
    kept.delete(key);
  }

  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    set(key, value) {
      drop(key);
      const weight = weigh(key, value);
      kept.set(key, { value, weight });
      held += weight;
      for (const oldest of kept.keys()) {
        if (held <= most) return;
        drop(oldest);
      }
    },
    clear() {
      kept.clear();
      held = 0;
    },
  };
}
