import type { Cost } from '../budget.ts';

/**
 * How many texts of one state are kept, and the longest, in characters. Of states db/tables keeps a bounded number;
 * their texts go with them, and take 2 KB of each at most.
 */
const MAX_TEXTS = 2;
const MAX_LENGTH = 1_024;

/** What was written for an object by one selection. */
export interface KeptText {
  readonly selection: object;
  readonly text: string;
  /** What writing it was charged: see engine/budget.ts. */
  readonly cost: Cost;
}

/** The JSON of objects that are never altered, for selections that depend on nothing but the object. */
export interface KeptTexts {
  find(object: object, selection: object): KeptText | undefined;
  keep(object: object, text: KeptText): void;
}

/** Of states: a change makes another object. */
export function createTextsOfStates(): KeptTexts {
  const kept = new WeakMap<object, KeptText[]>();
  return {
    find(state, selection) {
      const texts = kept.get(state);
      if (texts === undefined) return undefined;
      for (const known of texts) if (known.selection === selection) return known;
      return undefined;
    },
    keep(state, written) {
      if (written.text.length > MAX_LENGTH) return;
      const texts = kept.get(state);
      if (texts === undefined) kept.set(state, [written]);
      else {
        if (texts.length >= MAX_TEXTS) texts.shift();
        texts.push(written);
      }
    },
  };
}

/**
 * Of objects that equal answers of one turn share: those are written one after the other, so only the last text is
 * kept. In a WeakMap such texts would outlive many collections: V8's scavenger takes its values as reachable, and moves
 * them among the long-lived.
 */
export function createTextOfLast(): KeptTexts {
  let last: { readonly object: object; readonly written: KeptText } | null = null;
  return {
    find: (object, selection) =>
      last?.object === object && last.written.selection === selection ? last.written : undefined,
    keep(object, written) {
      last = { object, written };
    },
  };
}
