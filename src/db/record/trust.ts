/** Of two attempts after failures, the second comes after twice as many batches; this many at most. */
const MAX_SKIPPED = 32;

/**
 * How far presumptions about the store are relied on. One that did not hold costs a statement that wrote nothing, so
 * after each failure in a row twice as many batches go without.
 */
export interface Trust {
  /**
   * Whether the next batch may rest on what is presumed. Called once for each batch.
   * @param hasNew whether a session is presumed to be new
   */
  allows(hasNew: boolean): boolean;
  /** Whether it held. */
  learn(hasNew: boolean, held: boolean): void;
}

/**
 * That a session is new is presumed of every session that the cache does not have, and fails for other reasons than
 * that the store is as it was left: batches without such a session are counted apart.
 */
export function createTrust(): Trust {
  const known = createCount();
  const added = createCount();
  return {
    allows: (hasNew) => (hasNew ? added : known).allows(),
    learn: (hasNew, held) => (hasNew ? added : known).learn(held),
  };
}

function createCount() {
  let failures = 0;
  let skips = 0;
  return {
    allows(): boolean {
      if (skips === 0) return true;
      skips -= 1;
      return false;
    },
    learn(held: boolean): void {
      failures = held ? 0 : failures + 1;
      skips = held ? 0 : Math.min(MAX_SKIPPED, 2 ** (failures - 1));
    },
  };
}
