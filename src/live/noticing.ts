import type { CatchUp, Head } from '../domain/catch-up.ts';

/**
 * The same readings, each of which says how far the journal it was read from went: what a subscriber is shown may be
 * ahead of what its instance has told, and of another history by the time it is told.
 */
export function noticing(catchUp: CatchUp, notice: (head: Head) => void): CatchUp {
  async function noticed<T extends { readonly head: Head }>(reading: Promise<T>): Promise<T> {
    const read = await reading;
    notice(read.head);
    return read;
  }
  return {
    async head() {
      const head = await catchUp.head();
      notice(head);
      return head;
    },
    fingerprintAt: (position) => catchUp.fingerprintAt(position),
    session: (named, viewer) => noticed(catchUp.session(named, viewer)),
    payment: (named, viewer) => noticed(catchUp.payment(named, viewer)),
    sessionsSince: (position, viewer) => noticed(catchUp.sessionsSince(position, viewer)),
    paymentsSince: (position, viewer) => noticed(catchUp.paymentsSince(position, viewer)),
    journalSince: (position) => noticed(catchUp.journalSince(position)),
  };
}
