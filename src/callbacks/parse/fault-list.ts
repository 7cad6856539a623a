import type { Fault } from '../../domain/journal/callback.ts';
import { faultOf } from '../../domain/journal/fault.ts';

/** How many faults of one callback are kept; each is a text of a few hundred characters at most. */
export const MAX_FAULTS = 50;

/** Collects the fields of one callback that cannot be read and are left out; the others are applied. */
export class FaultList {
  readonly #faults: Fault[] = [];
  #more = 0;

  /**
   * @param path a JSON Pointer of known field names and indexes, never of a name that the sender chose
   * @param what what is wrong and what is allowed, without the value
   */
  add(path: string, what: string): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(faultOf(path, what));
    else this.#more += 1;
  }

  /** All of them, in the order found; where there are more than are kept, the last says how many. */
  read(): readonly Fault[] {
    if (this.#more === 0) return this.#faults;
    return [...this.#faults, faultOf('', `has ${this.#more} more fields that could not be read`)];
  }
}
