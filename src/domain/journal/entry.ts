import type { Payment } from '../payment/payment.ts';
import type { Instant, Session } from '../session/session.ts';
import type { PaymentChangeKind, SessionChangeKind, StageName } from '../words.ts';
import type { JournalRow } from './row.ts';

/** A visible change of one session, made by the journal row at `position`. */
export interface SessionChange {
  readonly of: 'session';
  readonly position: number;
  readonly kind: Exclude<SessionChangeKind, 'SNAPSHOT'>;
  readonly stage: StageName;
  /** What was shown until then; null for a session's first callback. It decides who stops matching a filter. */
  readonly before: Session | null;
  readonly after: Session;
  readonly changedAt: Instant;
}

/** A visible change of one payment, made by the journal row at `position`. */
export interface PaymentChange {
  readonly of: 'payment';
  readonly position: number;
  readonly kind: Exclude<PaymentChangeKind, 'SNAPSHOT'>;
  readonly before: Payment | null;
  readonly after: Payment;
  readonly changedAt: Instant;
}

/** A row new to the journal, whether or not it changed anything. Its state change, if any, has the same position. */
export interface JournalEntry {
  readonly position: number;
  readonly row: JournalRow;
  readonly change: SessionChange | PaymentChange | null;
}
