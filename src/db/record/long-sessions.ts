import type { Delivery } from '../../domain/journal/decide-batch.ts';
import type { StateCache } from '../tables/state-cache.ts';

/** A session with more accounts and first pages than this takes long to write: its lists are written whole. */
const LONG_PARTS = 250;
/** What the long sessions of one batch may have together. */
const MAX_PARTS_IN_BATCH = 10_000;
/** After a batch with long sessions the others have the writer to themselves for so many times as long as it took. */
const REST_FACTOR = 4;
const MAX_REST_MS = 600;
/** Where nobody else has sent anything for so long, nobody is slowed, and nothing rests. */
const ALONE_AFTER_MS = 1_000;

/** Which deliveries go into the next batch, and which wait for a later one; each in the order in which they came. */
export interface Sorted<T> {
  readonly now: readonly T[];
  readonly later: readonly T[];
}

/**
 * Keeps long sessions from slowing their neighbours. A batch is one transaction, and one that alters a session of
 * thousands of pages takes fifty times as long as another, for all who are in it or behind it. So callbacks that may
 * alter such a session wait until the others have had most of the time, and then come together: one writing serves
 * them all. A session's callbacks keep their order.
 */
export interface LongSessions {
  /** Whether a batch may alter long sessions now; if not, after so many milliseconds. */
  restMs(): number;
  sort<T>(callers: readonly T[], deliveryOf: (caller: T) => Delivery): Sorted<T>;
  /** A batch was written in so many milliseconds. */
  wrote(deliveries: readonly Delivery[], tookMs: number): void;
}

export function createLongSessions(
  cache: Pick<StateCache, 'session'>,
  now = () => performance.now(),
): LongSessions {
  let restsUntil = 0;
  let othersAt = Number.NEGATIVE_INFINITY;

  /** Of the session whose lists this delivery may alter; 0 where it is not a long one. */
  function partsOf({ parsed }: Delivery): number {
    if (!parsed.ok || parsed.callback.kind === 'PAYMENT') return 0;
    const { callback } = parsed;
    if (callback.page === null && callback.accounts.length === 0) return 0;
    const state = cache.session(callback.sessionId)?.state;
    const parts = state === undefined ? 0 : state.accounts.length + state.transactionPages.length;
    return parts > LONG_PARTS ? parts : 0;
  }

  const restMs = () => Math.max(0, restsUntil - now());

  return {
    restMs,
    sort(callers, deliveryOf) {
      const rests = restMs() > 0;
      const taken = new Set<string>();
      const waiting = new Set<string>();
      let parts = 0;
      const later = callers.filter((caller) => {
        const delivery = deliveryOf(caller);
        const sessionId = sessionOf(delivery);
        if (sessionId === null || taken.has(sessionId)) return false;
        if (waiting.has(sessionId)) return true;
        const own = partsOf(delivery);
        if (own === 0) return false;
        if (rests || (parts > 0 && parts + own > MAX_PARTS_IN_BATCH)) {
          waiting.add(sessionId);
          return true;
        }
        parts += own;
        taken.add(sessionId);
        return false;
      });
      if (later.length === 0) return { now: callers, later };
      const isLater = new Set(later);
      return { now: callers.filter((caller) => !isLater.has(caller)), later };
    },
    wrote(deliveries, tookMs) {
      const long = deliveries.filter((delivery) => partsOf(delivery) > 0).length;
      if (long < deliveries.length) othersAt = now();
      if (long === 0 || now() - othersAt > ALONE_AFTER_MS) return;
      restsUntil = now() + Math.min(MAX_REST_MS, REST_FACTOR * tookMs);
    },
  };
}

function sessionOf({ parsed }: Delivery): string | null {
  return parsed.ok && parsed.callback.kind !== 'PAYMENT' ? parsed.callback.sessionId : null;
}
