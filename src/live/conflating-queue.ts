/** What waits for one reader, in the order it will be told. */
export interface ConflatingQueue<T> {
  readonly size: number;
  /**
   * Puts `value` at the end. An older one of the same subject is dropped, so that what is told in order never
   * passes something untold. False when `limit` others wait already: then nothing was put.
   */
  put(subject: string | null, value: T): boolean;
  /** Takes the first; undefined when nothing waits. */
  take(): T | undefined;
  clear(): void;
}

/** A queue of at most `limit` values, one for each subject. Values without a subject are never dropped. */
export function createConflatingQueue<T>(limit: number): ConflatingQueue<T> {
  // A Map is read in the order of insertion; a symbol is a key that nothing else has.
  const waiting = new Map<string | symbol, T>();
  return {
    get size() {
      return waiting.size;
    },
    put(subject, value) {
      const key = subject ?? Symbol();
      waiting.delete(key);
      if (waiting.size >= limit) return false;
      waiting.set(key, value);
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
