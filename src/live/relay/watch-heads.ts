import type { CatchUp, Head, StateCatchUp } from '../../domain/catch-up.ts';
import type { JournalPlace } from '../../domain/cursor.ts';
import { unavailable } from '../../errors.ts';
import type { Relay } from './relay.ts';

/** A store that was put back is noticed by the first look; a reading that still disagrees comes from another server. */
const MAX_READS = 3;

/**
 * The same reads for subscriptions, held against what this instance has published.
 *
 * - A head beyond it is handed to the relay: the subscriber is shown rows before they are published here, and they may
 *   be of another history by the time the relay gets there.
 * - A head that lacks what had been published when the read began shows that the store was put back. Nothing of this
 *   read is shown: what this instance publishes next may still be of the old history. The relay looks at the store,
 *   which starts every subscription over, and the read is repeated. Rejects with UNAVAILABLE where the store still
 *   disagrees with itself after that.
 */
export function watchHeads(catchUp: CatchUp, relay: Pick<Relay, 'published' | 'notice' | 'check'>): CatchUp {
  async function watched<T>(read: () => Promise<T>, headOf: (found: T) => Head): Promise<T> {
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const { published } = relay;
      const found = await read();
      const head = headOf(found);
      if (!lacks(head, published)) {
        relay.notice(head);
        return found;
      }
      await relay.check();
    }
    throw unavailable('The store does not agree with what was read of it before: try again.');
  }
  const headIn = ({ head }: { readonly head: Head }): Head => head;
  const watchedStates = <S>(states: StateCatchUp<S>): StateCatchUp<S> => ({
    find: (named, viewer) => watched(() => states.find(named, viewer), headIn),
    since: (position, viewer) => watched(() => states.since(position, viewer), headIn),
    stalled: (window, viewer) => states.stalled(window, viewer),
  });
  return {
    head: () => watched(catchUp.head, (head) => head),
    fingerprintAt: (position) => catchUp.fingerprintAt(position),
    sessions: watchedStates(catchUp.sessions),
    payments: watchedStates(catchUp.payments),
    journalSince: (position) => watched(() => catchUp.journalSince(position), headIn),
  };
}

/** Whether the journal does not have the row at `place`, as far as its head says. */
function lacks(head: Head, place: JournalPlace): boolean {
  return (
    head.position < place.position ||
    (head.position === place.position && head.fingerprint !== place.fingerprint)
  );
}
