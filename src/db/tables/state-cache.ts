import { LRUCache } from 'lru-cache';
import type { StoredBank } from '../../domain/journal/state-fold.ts';
import type { Session } from '../../domain/session/session.ts';

/** A row as this process last read or wrote it. */
export interface Cached<State> {
  readonly state: State;
  /** The row's `xmin`: every transaction that writes the row, of any instance, changes it. */
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
  /** Identifies the server, its start and its table: see server.ts. */
  readonly server: string;
  /** See `Store.connections`. */
  readonly connections: number;
}

/**
 * The writer's cache of the store's rows. It is never read without a check: an entry is valid only where the row in the
 * store, under the writer's lock, still has the same stamp.
 */
export interface StateCache {
  /** Null until a batch was committed, and after `clear`. */
  head: CachedHead | null;
  /**
   * Sets the server and connection that rows are read and written over from now on. Where they are others than before it
   * empties the cache and returns false: a stamp is unique only on one server, and only for one connection's life.
   */
  isOf(server: string, connections: number): boolean;
  session(sessionId: string): Cached<Session> | undefined;
  keepSession(state: Session, stamp: string): void;
  bank(bankId: string): Cached<StoredBank> | undefined;
  keepBank(state: StoredBank, stamp: string): void;
  /** Called where the outcome of a transaction is unknown: the store may then be another one (a restored copy). */
  clear(): void;
}

/** In parts: an account and a first page are one each, a session is ten. About 200 bytes a part, so some megabytes. */
export const MAX_PARTS = 50_000;
const PARTS_PER_SESSION = 10;

export const partsOf = ({ accounts, transactionPages }: Session): number =>
  PARTS_PER_SESSION + accounts.length + transactionPages.length;

/** A bank has a hundred identifiers at most. */
const MAX_BANKS = 500;

export function createStateCache(): StateCache {
  const sessions = new LRUCache<string, Cached<Session>>({
    maxSize: MAX_PARTS,
    sizeCalculation: ({ state }) => partsOf(state),
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
