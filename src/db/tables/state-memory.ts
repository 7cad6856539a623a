import { getHeapStatistics } from 'node:v8';
import { LRUCache } from 'lru-cache';
import type { Payment } from '../../domain/payment/payment.ts';
import type { Session } from '../../domain/session/session.ts';

/**
 * States of one subject as this process last read or wrote them, so that an unchanged row is not read and parsed again.
 * What is in memory is never an answer by itself: the statement that finds a row for a viewer returns the row's stamp,
 * and only the state with this stamp stands for it.
 */
export interface StateMemory<S> {
  /**
   * The state of the row with this stamp (its `xmin`); undefined where memory has none.
   * @param server where the row was found: see server.ts
   */
  find(server: string, id: string, stamp: string): S | undefined;
  /** Keeps a committed row's state, and returns the one to use: there is one object for each id and stamp. */
  keep(server: string, id: string, stamp: string, state: S): S;
  clear(): void;
}

/** One for each subject. */
export interface StatesInMemory {
  readonly sessions: StateMemory<Session>;
  readonly payments: StateMemory<Payment>;
}

/**
 * In parts of about 150 bytes, with the texts that are kept of them: an account, a first page and a status of a payment are one each, a session or payment ten.
 */
const BYTES_PER_PART = 150;
const PARTS_PER_STATE = 10;
/**
 * How much of the heap that V8 may use. Where more sessions are in use than memory holds, lists of them take six times as
 * long (docs/decisions/0059), so the more memory the gateway has, the more of it goes there.
 */
const SHARE_OF_SESSIONS = 0.05;
const SHARE_OF_PAYMENTS = 0.01;
/** In bytes: with the smallest heaps too. */
const LEAST_OF_SESSIONS = 30_000_000;
const LEAST_OF_PAYMENTS = 6_000_000;

/** @param heapBytes how large the heap of this process may grow */
export function createStatesInMemory(
  heapBytes: number = getHeapStatistics().heap_size_limit,
): StatesInMemory {
  const parts = (share: number, least: number) =>
    Math.floor(Math.max(least, share * heapBytes) / BYTES_PER_PART);
  return {
    sessions: createStateMemory(
      parts(SHARE_OF_SESSIONS, LEAST_OF_SESSIONS),
      ({ accounts, transactionPages }) => accounts.length + transactionPages.length,
    ),
    payments: createStateMemory(parts(SHARE_OF_PAYMENTS, LEAST_OF_PAYMENTS), ({ facts }) => facts.length),
  };
}

/** How often a state may be found before it counts as used again: to note each use costs more than to find it. */
const FINDS_PER_USE = 4_096;

interface Kept<S> {
  readonly state: S;
  readonly stamp: string;
  /** In which thousands of finds it was used last. */
  usedIn: number;
}

function createStateMemory<S extends object>(
  maxParts: number,
  listsOf: (state: S) => number,
): StateMemory<S> {
  const kept = new LRUCache<string, Kept<S>>({
    maxSize: maxParts,
    sizeCalculation: ({ state }) => PARTS_PER_STATE + listsOf(state),
  });
  /** The only server whose rows are in memory. */
  let of: string | null = null;
  let finds = 0;

  return {
    find(server, id, stamp) {
      if (server !== of) {
        kept.clear();
        of = server;
      }
      const found = kept.peek(id);
      if (found?.stamp !== stamp) return undefined;
      finds += 1;
      const now = Math.floor(finds / FINDS_PER_USE);
      if (found.usedIn !== now) {
        found.usedIn = now;
        kept.get(id);
      }
      return found.state;
    },
    keep(server, id, stamp, state) {
      of ??= server;
      if (server !== of) return state;
      const known = kept.peek(id);
      if (known?.stamp === stamp) return known.state;
      kept.set(id, { state, stamp, usedIn: -1 });
      return state;
    },
    clear: () => kept.clear(),
  };
}
