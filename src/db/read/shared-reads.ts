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
  send(): void;
}

export function createSharedReads<T>(queue: ReadQueue): SharedReads<T> {
  let turn = new Map<string, Waiting<T>>();

  /** All at once, so that the queue sees them together and gives timers and sockets their turns in between. */
  function sendTurn(): void {
    const waiting = turn;
    turn = new Map();
    for (const { send } of waiting.values()) send();
  }

  function wait(cancellation: Cancellation | undefined, read: () => Promise<T>): Waiting<T> {
    const wantedBy = [cancellation];
    let send = () => {};
    const answer = new Promise<T>((resolve, reject) => {
      send = () => void readThrough(queue, allOf(wantedBy), read).then(resolve, reject);
    });
    return { answer, wantedBy, send };
  }

  return (name, cancellation, read) => {
    const known = turn.get(name);
    if (known !== undefined) {
      known.wantedBy.push(cancellation);
      return known.answer;
    }
    if (turn.size === 0) setImmediate(sendTurn);
    const waiting = wait(cancellation, read);
    turn.set(name, waiting);
    return waiting.answer;
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
