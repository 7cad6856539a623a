import type { Cost } from '../budget.ts';

/**
 * How many texts of one object are kept, and the longest, in characters. Objects are states, of which db/tables keeps a
 * bounded number; their texts go with them, and take 2 KB of each at most.
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

/**
 * The JSON of states by selection, for selections that depend on nothing but the state. A state is never altered: a
 * change makes another object.
 */
export interface TextsOfStates {
  find(state: object, selection: object): KeptText | undefined;
  /** @param isShortLived the object is nobody's state: its text may be long */
  keep(state: object, text: KeptText, isShortLived: boolean): void;
}

export function createTextsOfStates(): TextsOfStates {
  const kept = new WeakMap<object, KeptText[]>();
  return {
    find(state, selection) {
      const texts = kept.get(state);
      if (texts === undefined) return undefined;
      for (const known of texts) if (known.selection === selection) return known;
      return undefined;
    },
    keep(state, written, isShortLived) {
      if (!isShortLived && written.text.length > MAX_LENGTH) return;
      const texts = kept.get(state);
      if (texts === undefined) kept.set(state, [written]);
      else {
        if (texts.length >= MAX_TEXTS) texts.shift();
        texts.push(written);
      }
    },
  };
}
