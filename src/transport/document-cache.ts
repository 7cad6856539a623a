/** Keeps the newest of what was made of texts. */
export interface TextCache<T> {
  get(text: string): T | undefined;
  set(text: string, made: T): void;
}

/**
 * Bounded by the texts' own length, in characters, because what is made of a text grows with it: a bound on their
 * number would let whoever sends long documents fill the memory. What was used last stays longest.
 */
export function createTextCache<T>(characters: number): TextCache<T> {
  // In the order of use: a Map keeps the order of insertion.
  const kept = new Map<string, T>();
  let held = 0;
  return {
    get(text) {
      const made = kept.get(text);
      if (made === undefined) return undefined;
      kept.delete(text);
      kept.set(text, made);
      return made;
    },
    set(text, made) {
      if (!kept.has(text)) held += text.length;
      kept.delete(text);
      kept.set(text, made);
      for (const oldest of kept.keys()) {
        if (held <= characters) return;
        kept.delete(oldest);
        held -= oldest.length;
      }
    },
  };
}
