import type { JournalPlace } from './cursor.ts';
import type { JournalRow } from './journal/row.ts';
import type { Payment } from './payment/payment.ts';
import type { Session } from './session/session.ts';
import type { Viewer } from './viewer.ts';
import type { CallbackKind, StageName } from './words.ts';

/** What the store is at one moment: its identity, its last row, and how far back its journal is whole. */
export interface Head extends JournalPlace {
  readonly identity: string;
  /** The highest position ever deleted, or the position at the last recomputation. */
  readonly lowest: number;
  readonly lowestFingerprint: string;
}

/** A session, and what the journal row that changed it last was about; null where that row was deleted. */
export interface ChangedSession {
  readonly state: Session;
  /** Of that row; empty where it was deleted. */
  readonly fingerprint: string;
  readonly last: { readonly kind: CallbackKind | null; readonly stage: StageName | null } | null;
}

/** A payment, as the store has it. */
export interface ChangedPayment {
  readonly state: Payment;
  /** Of the row that changed it last; empty where that was deleted. */
  readonly fingerprint: string;
}

/** Which one: by the aggregator's id, or the one created last of those that share an external id. */
export type Named = { readonly id: string } | { readonly externalId: string };

/** A part of a longer answer, in order. */
export interface Portion<Row> {
  readonly head: Head;
  readonly rows: readonly Row[];
  /** Whether more may follow the last row. */
  readonly more: boolean;
}

export interface FoundAtHead<Row> {
  readonly head: Head;
  readonly found: Row | null;
}

/**
 * What subscriptions read from the store. Each answer is one statement, so what it holds and its head are of the
 * same moment; it holds nothing that the viewer may not see. Rejects where the store cannot be asked.
 */
export interface CatchUp {
  head(): Promise<Head>;
  /** The fingerprint of the row that the journal has at a position; null where it has none. */
  fingerprintAt(position: number): Promise<string | null>;
  session(named: Named, viewer: Viewer): Promise<FoundAtHead<ChangedSession>>;
  payment(named: Named, viewer: Viewer): Promise<FoundAtHead<ChangedPayment>>;
  /** Sessions changed last after `position`, in the order of that change. */
  sessionsSince(position: number, viewer: Viewer): Promise<Portion<ChangedSession>>;
  paymentsSince(position: number, viewer: Viewer): Promise<Portion<ChangedPayment>>;
  /** The journal after `position`, in order. It is the operators': whoever calls has checked that. */
  journalSince(position: number): Promise<Portion<JournalRow>>;
}
