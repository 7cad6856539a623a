/** What waits for one reader, in the order in which it will be sent. */
export interface ConflatingQueue<T> {
  readonly size: number;
  /**
   * Puts `value` at the end, and drops an older one with the same key: so what is sent in order never passes something
   * that is still waiting. Gives false, and puts nothing, when `limit` others wait already.
   */
  put(key: string | null, value: T): boolean;
  /** Takes the first; undefined when nothing waits. */
  take(): T | undefined;
  clear(): void;
}

/** A queue of at most `limit` values, one a key. Values whose key is null are never dropped. */
export function createConflatingQueue<T>(limit: number): ConflatingQueue<T> {
  // A Map is read in the order of insertion; a symbol is a key that nothing else has.
  const waiting = new Map<string | symbol, T>();
  return {
    get size() {
      return waiting.size;
    },
    put(key, value) {
      const own = key ?? Symbol();
      waiting.delete(own);
      if (waiting.size >= limit) return false;
      waiting.set(own, value);
      return true;
    },
    take() {
      for (const [key, value] of waiting) {
        waiting.delete(key);
        return value;
      }
      return undefined;
    },
    clear() {
      waiting.clear();
    },
  };
}
