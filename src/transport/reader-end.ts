import type { ReaderEnd } from '../observe.ts';

/** What a connection's end is for the subscriptions on it, by the reason that its transport gives. */
export function readerEndOf(reason: string): ReaderEnd {
  switch (reason) {
    case 'goingAway':
      return 'draining';
    case 'slow':
    case 'expired':
      return reason;
    default:
      return 'failed';
  }
}
