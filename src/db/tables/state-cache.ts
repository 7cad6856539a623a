import { createBoundedCache } from '../../bounded-cache.ts';
import type { Session } from '../../domain/session/session.ts';

/** A session as this process last read or wrote it, and which writing of the store's row that was. */
export interface HeldSession {
  readonly state: Session;
  /** The row's `xmin`: whoever writes the row anew, here or elsewhere, gives it another. */
  readonly stamp: string;
}

/**
 * Spares reading what the writer knows: a batch asks the store for the stamps of its sessions and for the rows whose
 * stamp is another. It never answers anything by itself; what is in it counts only where the store, under the
 * writer's lock, still has the same stamp.
 */
export interface StateCache {
  /**
   * Says where the store's rows are read and written from now on; what was kept from elsewhere is dropped. False where
   * anything may have been: a stamp is unlike all others only on one server, and only while a connection lives.
   */
  isOf(place: string): boolean;
  get(sessionId: string): HeldSession | undefined;
  keep(state: Session, stamp: string): void;
  /** Called where the outcome of a transaction is unknown: the store may be another one by then (a restored copy). */
  clear(): void;
}

/** Accounts and first pages, and as much for each session itself: about 200 bytes each, so some megabytes. */
const MOST_PARTS = 50_000;
const PARTS_OF_A_SESSION = 10;

export function createStateCache(): StateCache {
  const kept = createBoundedCache<HeldSession>(
    MOST_PARTS,
    (_, { state }) => PARTS_OF_A_SESSION + state.accounts.length + state.transactionPages.length,
  );
  let at: string | null = null;
  return {
    isOf(place) {
      const isSame = at === null || at === place;
      at = place;
      if (!isSame) kept.clear();
      return isSame;
    },
    get: (sessionId) => kept.get(sessionId),
    keep: (state, stamp) => kept.set(state.sessionId, { state, stamp }),
    clear: () => kept.clear(),
  };
}
