import { LRUCache } from 'lru-cache';
import type { PaymentChange, SessionChange } from '../../domain/journal/entry.ts';
import type { JournalRow } from '../../domain/journal/row.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import type { Session } from '../../domain/session/session.ts';
import { MAX_PARTS, partsOf } from '../tables/state-cache.ts';

/** A payment has no lists that grow. */
const MAX_PAYMENTS = 5_000;

/**
 * The states that the rows published by this instance left, as far as the journal was published: what a new row of
 * another instance is folded from, without reading the rows before it.
 *
 * Each is given only to the row that gave the next version, which is the row that was recorded upon that state: a
 * version rises with each row, a recomputation raises it too, and what was forgotten begins at 1 again.
 */
export interface FollowedStates {
  /** @param version that the new row gave the session; null in some rows of 0.1 */
  sessionBefore(sessionId: string, version: number | null): Session | undefined;
  paymentBefore(paymentId: string, version: number | null): Payment | undefined;
  /** A change was published. Changes come in the order of positions. */
  keep(change: SessionChange | PaymentChange): void;
  /** A row was published that this version cannot read: what it made of its session or payment is not known. */
  drop(row: Pick<JournalRow, 'sessionId' | 'paymentId'>): void;
  clear(): void;
}

export function createFollowedStates(): FollowedStates {
  const sessions = new LRUCache<string, Session>({ maxSize: MAX_PARTS, sizeCalculation: partsOf });
  const payments = new LRUCache<string, Payment>({ max: MAX_PAYMENTS });
  return {
    sessionBefore: (sessionId, version) => precedes(sessions.get(sessionId), version),
    paymentBefore: (paymentId, version) => precedes(payments.get(paymentId), version),
    keep(change) {
      if (change.of === 'session') sessions.set(change.after.sessionId, change.after);
      else payments.set(change.after.paymentId, change.after);
    },
    drop({ sessionId, paymentId }) {
      if (sessionId !== null) sessions.delete(sessionId);
      if (paymentId !== null) payments.delete(paymentId);
    },
    clear() {
      sessions.clear();
      payments.clear();
    },
  };
}

function precedes<S extends { readonly version: number }>(
  state: S | undefined,
  version: number | null,
): S | undefined {
  return state !== undefined && state.version + 1 === version ? state : undefined;
}
