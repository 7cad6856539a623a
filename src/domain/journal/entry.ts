import type { Payment } from '../payment/payment.ts';
import type { Instant, Session } from '../session/session.ts';
import type { ChangeKind, StageName } from '../words.ts';
import type { JournalRow } from './row.ts';

/** A visible change of a session or payment, made by the journal row at `position`. */
export interface StateChange<S> {
  readonly position: number;
  readonly kind: Exclude<ChangeKind, 'SNAPSHOT' | 'STALLED'>;
  /** The stage that the row reports; null for a payment. */
  readonly stage: StageName | null;
  /** The state before; null for its first callback. It decides which filters the state stops matching. */
  readonly before: S | null;
  readonly after: S;
  readonly changedAt: Instant;
}

export interface SessionChange extends StateChange<Session> {
  readonly of: 'session';
}

export interface PaymentChange extends StateChange<Payment> {
  readonly of: 'payment';
}

/** A new row of the journal, whether or not it changed a state. Its state change, if any, has the same position. */
export interface JournalEntry {
  readonly position: number;
  readonly row: JournalRow;
  readonly change: SessionChange | PaymentChange | null;
}
