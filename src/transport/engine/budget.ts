import type { Cancellation } from '../../domain/cancellation.ts';
import { CallboardError } from '../../errors.ts';
import type { Turns } from './turns.ts';

/** What the children of one object add to an answer. */
export interface Cost {
  readonly fields: number;
  /** Of JSON, except texts: they are counted when they are known. */
  readonly bytes: number;
}

/** The field whose value is counted. */
export interface FieldPlace {
  readonly parentType: { readonly name: string };
  readonly fieldName: string;
}

export interface BudgetLimits {
  readonly fields: number;
  readonly responseBytes: number;
}

/** What an operation resolves before others have their turn, and then in each turn: some 3 ms. */
export const FIELDS_PER_TURN = 2_000;

/**
 * What one execution may still add to its answer: one for each query and each message of a subscription. Objects and
 * lists are charged before they are expanded. Once it is spent, or `abort` was called, the execution is dead: what it
 * waits for never resolves, so that nothing more of it runs, and `onAbort` says why.
 */
export class Budget implements Cancellation {
  readonly #maxFields: number;
  readonly #maxBytes: number;
  readonly #turns: Turns;
  #fields = 0;
  #bytes = 0;
  /** Fields that may be resolved without waiting for a turn. */
  #room = FIELDS_PER_TURN;
  #never: Promise<never> | null = null;
  #reason: CallboardError | null = null;
  /** Called once, at the end. */
  onAbort: ((reason: CallboardError) => void) | null = null;

  constructor(limits: BudgetLimits, turns: Turns) {
    this.#maxFields = limits.fields;
    this.#maxBytes = limits.responseBytes;
    this.#turns = turns;
  }

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get reason(): CallboardError | null {
    return this.#reason;
  }

  /** What a dead execution waits for. It holds nothing but that execution, and goes with it. */
  get never(): Promise<never> {
    this.#never ??= new Promise(() => {});
    return this.#never;
  }

  abort(reason: CallboardError): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.onAbort?.(reason);
  }

  /** The object, once there is a turn to expand it; `never` where that is too much. `place` is its field. */
  admit(object: unknown, { fields, bytes }: Cost, place: FieldPlace): unknown {
    if (!this.#spend(fields, bytes, place)) return this.never;
    if (this.#room >= fields) {
      this.#room -= fields;
      return object;
    }
    return this.#later(this.#turns.wait(this, fields), object);
  }

  /** The same of a list whose items cost this each: a long one is expanded in portions. */
  admitList(
    list: readonly unknown[],
    { fields, bytes }: Cost,
    place: FieldPlace,
  ): readonly unknown[] | Promise<unknown> {
    const each = Math.max(1, fields);
    const all = each * list.length;
    if (!this.#spend(all, bytes * list.length, place)) return this.never;
    if (this.#room >= all) {
      this.#room -= all;
      return list;
    }
    if (all <= FIELDS_PER_TURN) return this.#later(this.#turns.wait(this, all), list);
    const portion = Math.max(1, Math.floor(FIELDS_PER_TURN / each));
    const items: unknown[] = [];
    for (let start = 0; start < list.length; start += portion) {
      const part = list.slice(start, start + portion);
      const turn = this.#turns.wait(this, each * part.length);
      for (const item of part) items.push(this.#later(turn, item));
    }
    return items;
  }

  /** Counts a text, or what else stands in the answer as JSON; false where it is too much. */
  admitText(value: unknown, place: FieldPlace): boolean {
    this.#bytes += typeof value === 'string' && value.length < LONG_TEXT ? value.length : longBytesOf(value);
    return this.#bytes <= this.#maxBytes ? this.#reason === null : this.#spend(0, 0, place);
  }

  /** What was spent so far. */
  get spent(): Cost {
    return { fields: this.#fields, bytes: this.#bytes };
  }

  /** Counts what was written before and is written again; false, uncounted, where there is no room for it at once. */
  admitAgain({ fields, bytes }: Cost): boolean {
    if (this.#reason !== null || this.#room < fields) return false;
    if (this.#fields + fields > this.#maxFields || this.#bytes + bytes > this.#maxBytes) return false;
    this.#room -= fields;
    this.#fields += fields;
    this.#bytes += bytes;
    return true;
  }

  #later(turn: Promise<void>, value: unknown): Promise<unknown> {
    return turn.then(() => (this.#reason === null ? value : this.never));
  }

  #spend(fields: number, bytes: number, place: FieldPlace): boolean {
    if (this.#reason !== null) return false;
    this.#fields += fields;
    this.#bytes += bytes;
    if (this.#fields > this.#maxFields) {
      this.abort(tooLarge('fields', this.#fields, this.#maxFields, place));
    } else if (this.#bytes > this.#maxBytes) {
      this.abort(tooLarge('bytes', this.#bytes, this.#maxBytes, place));
    }
    return this.#reason === null;
  }
}

/** Below this a text counts by its length; above, exactly as it is written. */
const LONG_TEXT = 1_024;

function longBytesOf(value: unknown): number {
  const isMeasured = typeof value === 'string' || (typeof value === 'object' && value !== null);
  return isMeasured ? Buffer.byteLength(JSON.stringify(value)) : 0;
}

function tooLarge(
  unit: 'fields' | 'bytes',
  found: number,
  allowed: number,
  { parentType, fieldName }: FieldPlace,
): CallboardError {
  return new CallboardError(
    'LIMIT_EXCEEDED',
    `This answer would hold at least ${found} ${unit}, counted up to ${parentType.name}.${fieldName}; at most ${allowed} are allowed: ask for smaller pages, or for fewer fields of the lists in it.`,
  );
}
