import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';

/** What an operation of a text that was never executed is taken to cost, in milliseconds. */
const UNKNOWN_MS = 5;
/** How much of what is known is kept where an execution cost less. */
const KEPT = 0.98;
/** Of the texts whose cost is known, in characters. */
const REMEMBERED_CHARACTERS = 256 * 1024;

/** What operations of one text cost the event loop, as far as is known. */
export interface OperationCost {
  readonly expectedMs: number;
  /** @param maxMs what an execution cannot have cost more than: the loop may have worked for others meanwhile */
  learn(costMs: number, maxMs: () => number): void;
}

/**
 * What operations cost the event loop, learned by their text. The time in which the loop works is shared equally
 * among the operations in execution: exact for one alone, and for many that are alike. What costs more than expected
 * counts at once, what costs less by and by: the same text may ask for one row or for a hundred.
 */
export interface OperationCosts {
  of(text: string): OperationCost;
  /** Begins an execution: what all of its kind would have been charged so far, in milliseconds. */
  begin(): number;
  /** Ends one: the same now. */
  end(): number;
}

export function createOperationCosts(): OperationCosts {
  const known = new LRUCache<string, OperationCost>({
    maxSize: REMEMBERED_CHARACTERS,
    // A size must be positive, and a text may be empty.
    sizeCalculation: (_, text) => text.length + 1,
  });
  let share = 0;
  let sharers = 0;
  let workedMs = 0;

  function settle(): number {
    const { active } = performance.eventLoopUtilization();
    if (sharers > 0) share += (active - workedMs) / sharers;
    workedMs = active;
    return share;
  }

  return {
    of(text) {
      let cost = known.get(text);
      if (cost === undefined) {
        cost = new LearnedCost();
        known.set(text, cost);
      }
      return cost;
    },
    begin() {
      const now = settle();
      sharers += 1;
      return now;
    },
    end() {
      const now = settle();
      sharers -= 1;
      return now;
    },
  };
}

class LearnedCost implements OperationCost {
  expectedMs = UNKNOWN_MS;
  #isKnown = false;

  learn(costMs: number, maxMs: () => number): void {
    // What stays below what is expected needs no closer look.
    const capped = this.#isKnown && costMs <= this.expectedMs ? costMs : Math.min(costMs, maxMs());
    const before = this.#isKnown ? this.expectedMs : capped;
    this.expectedMs = Math.max(capped, before * KEPT + capped * (1 - KEPT));
    this.#isKnown = true;
  }
}
