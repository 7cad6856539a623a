import type { Cancellation } from '../../domain/cancellation.ts';
import { type ReadQueue, readThrough } from './read-queue.ts';

/**
 * Coalesces equal reads: those with one name that are requested in the same turn of the event loop share one statement.
 * It is sent after the last of them was requested, so each sees all that was committed before it was requested.
 */
export type SharedReads<T> = (
  name: string,
  cancellation: Cancellation | undefined,
  read: () => Promise<T>,
) => Promise<T>;

interface Waiting<T> {
  readonly answer: Promise<T>;
  /** The cancellations of all that wait; undefined: a read without one. */
  readonly wantedBy: (Cancellation | undefined)[];
}

export function createSharedReads<T>(queue: ReadQueue): SharedReads<T> {
  let turn = new Map<string, Waiting<T>>();

  function sendNextTurn(wantedBy: readonly (Cancellation | undefined)[], read: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        // Whoever comes now forms the next turn.
        if (turn.size > 0) turn = new Map();
        readThrough(queue, allOf(wantedBy), read).then(resolve, reject);
      });
    });
  }

  return (name, cancellation, read) => {
    const known = turn.get(name);
    if (known !== undefined) {
      known.wantedBy.push(cancellation);
      return known.answer;
    }
    const wantedBy = [cancellation];
    const answer = sendNextTurn(wantedBy, read);
    turn.set(name, { answer, wantedBy });
    return answer;
  };
}

/** Aborted once all are. */
function allOf(cancellations: readonly (Cancellation | undefined)[]): Cancellation {
  return {
    get aborted() {
      return cancellations.every((cancellation) => cancellation?.aborted === true);
    },
    get reason() {
      return cancellations[0]?.reason;
    },
  };
}
