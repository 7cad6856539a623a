import type { CatchUp, Head } from '../../domain/catch-up.ts';

/**
 * The same reads, each of which also hands its head to `onHead`. What a subscription reads may be ahead of what its
 * instance has published, and of another history by the time the relay gets there; so the relay is given each head.
 */
export function watchHeads(catchUp: CatchUp, onHead: (head: Head) => void): CatchUp {
  async function watched<T extends { readonly head: Head }>(reading: Promise<T>): Promise<T> {
    const read = await reading;
    onHead(read.head);
    return read;
  }
  return {
    async head() {
      const head = await catchUp.head();
      onHead(head);
      return head;
    },
    fingerprintAt: (position) => catchUp.fingerprintAt(position),
    session: (named, viewer) => watched(catchUp.session(named, viewer)),
    payment: (named, viewer) => watched(catchUp.payment(named, viewer)),
    sessionsSince: (position, viewer) => watched(catchUp.sessionsSince(position, viewer)),
    paymentsSince: (position, viewer) => watched(catchUp.paymentsSince(position, viewer)),
    journalSince: (position) => watched(catchUp.journalSince(position)),
  };
}
