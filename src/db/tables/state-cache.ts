import { LRUCache } from 'lru-cache';
import type { StoredBank } from '../../domain/journal/state-fold.ts';
import type { Session } from '../../domain/session/session.ts';

/** A row as this process last read or wrote it. */
export interface Cached<State> {
  readonly state: State;
  /** The row's `xmin`: each transaction that writes the row, of any instance, gives it another. */
  readonly stamp: string;
}

/** The store's row as the last batch of this process left it. */
export interface CachedHead {
  readonly position: number;
  readonly fingerprint: string;
  /** EXPECTED_STAGES of the store, as its row has them. */
  readonly expectedStages: string;
  /** The row's `xmin`. */
  readonly stamp: string;
  /** Which server it is, since when it runs, and which table it has: see SERVER in write-batch.ts. */
  readonly server: string;
  /** See `Store.connections`. */
  readonly connections: number;
}

/**
 * What the writer knows of the store's rows. It never answers anything by itself: what is in it counts only where the
 * store, under the writer's lock, still has the same stamp.
 */
export interface StateCache {
  /** Null until a batch was committed, and after `clear`. */
  head: CachedHead | null;
  /**
   * Says where the store's rows are read and written from now on; what was kept from elsewhere is dropped. False where
   * anything may have been: a stamp is unlike all others only on one server, and only while a connection lives.
   */
  isOf(server: string, connections: number): boolean;
  session(sessionId: string): Cached<Session> | undefined;
  keepSession(state: Session, stamp: string): void;
  bank(bankId: string): Cached<StoredBank> | undefined;
  keepBank(state: StoredBank, stamp: string): void;
  /** Called where the outcome of a transaction is unknown: the store may be another one by then (a restored copy). */
  clear(): void;
}

/** Accounts and first pages, and as much for each session itself: about 200 bytes each, so some megabytes. */
const MAX_PARTS = 50_000;
const PARTS_PER_SESSION = 10;
/** A bank has a hundred identifiers at most. */
const MAX_BANKS = 500;

export function createStateCache(): StateCache {
  const sessions = new LRUCache<string, Cached<Session>>({
    maxSize: MAX_PARTS,
    sizeCalculation: ({ state }) => PARTS_PER_SESSION + state.accounts.length + state.transactionPages.length,
  });
  const banks = new LRUCache<string, Cached<StoredBank>>({ max: MAX_BANKS });
  let place: string | null = null;
  const cache: StateCache = {
    head: null,
    isOf(server, connections) {
      const current = `${server} ${connections}`;
      const isSame = place === null || place === current;
      place = current;
      if (!isSame) cache.clear();
      return isSame;
    },
    session: (sessionId) => sessions.get(sessionId),
    keepSession: (state, stamp) => void sessions.set(state.sessionId, { state, stamp }),
    bank: (bankId) => banks.get(bankId),
    keepBank: (state, stamp) => void banks.set(state.bankId, { state, stamp }),
    clear() {
      sessions.clear();
      banks.clear();
      cache.head = null;
    },
  };
  return cache;
}
