import type { Cost } from '../budget.ts';

/** How many texts are kept of one object. */
const MAX_TEXTS = 2;
/**
 * The longest text of a state that is kept, in characters. Of states db/tables keeps a bounded number; their texts go
 * with them, and take 2 KB of each at most.
 */
const MAX_BRIEF = 1_024;

/** What was written for an object by one selection. */
export class KeptText {
  readonly selection: object;
  /** What writing it was charged: see engine/budget.ts. */
  readonly cost: Cost;
  #pieces: readonly string[];

  constructor(selection: object, pieces: readonly string[], cost: Cost) {
    this.selection = selection;
    this.cost = cost;
    this.#pieces = pieces;
  }

  /** Joined when it is asked for, once: of most short-lived objects nobody asks. */
  get text(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join('')];
    return this.#pieces[0] ?? '';
  }
}

/** The JSON of objects that are never altered, for selections that depend on nothing but the object. */
export interface KeptTexts {
  find(object: object, selection: object): KeptText | undefined;
  keep(object: object, text: KeptText): void;
}

/** Of states, which are kept in memory: a change makes another object. */
export const briefTexts: KeptTexts = {
  find: findText,
  keep(state, written) {
    if (written.text.length <= MAX_BRIEF) keepText(state, written);
  },
};

/** Of objects that equal answers of one turn share, and that go with them. */
export const longTexts: KeptTexts = { find: findText, keep: keepText };

function findText(object: object, selection: object): KeptText | undefined {
  const texts = textsOn(object);
  if (texts === null) return undefined;
  for (const known of texts) if (known.selection === selection) return known;
  return undefined;
}

function keepText(object: object, written: KeptText): void {
  const texts = textsOn(object);
  if (texts === null) new TextsOn(object, written);
  else {
    if (texts.length >= MAX_TEXTS) texts.shift();
    texts.push(written);
  }
}

/** Called with `new` it makes the object that it was given, so that a derived class adds its private fields to that. */
function itself(object: object): object {
  return object;
}
// cast: TypeScript does not know that a function which returns an object is a constructor of it.
const Itself = itself as unknown as new (object: object) => object;

/**
 * Texts as a private field of the object that they belong to, which nothing else can see and which goes with it. A
 * WeakMap would say the same more plainly, but costs a look-up by hash, and V8's scavenger takes its values as reachable
 * and moves them among the long-lived: see docs/decisions/0056.
 */
class TextsOn extends Itself {
  readonly #texts: KeptText[];

  constructor(object: object, written: KeptText) {
    super(object);
    this.#texts = [written];
  }

  static find(object: object): KeptText[] | null {
    return #texts in object ? object.#texts : null;
  }
}

const textsOn = (object: object): KeptText[] | null => TextsOn.find(object);
