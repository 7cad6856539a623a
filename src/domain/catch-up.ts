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

/** A state, and the journal row that changed it last. */
export interface ChangedState<S> {
  readonly state: S;
  /** Of that row; empty where it was deleted. */
  readonly fingerprint: string;
  /** What that row was about; null where it was deleted. */
  readonly last: { readonly kind: CallbackKind | null; readonly stage: StageName | null } | null;
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

/** One row, and the head of the same moment. */
export interface FoundAtHead<Row> {
  readonly head: Head;
  readonly found: Row | null;
}

/** What subscriptions read of one subject. */
export interface StateCatchUp<S> {
  /** The named one, where the viewer may see it. */
  find(named: Named, viewer: Viewer): Promise<FoundAtHead<ChangedState<S>>>;
  /** Those that the viewer may see and that changed last after `position`, in the order of that change. */
  since(position: number, viewer: Viewer): Promise<Portion<ChangedState<S>>>;
}

/**
 * What subscriptions read from the store. Each answer is one statement, so what it holds and its head are of the
 * same moment; it holds nothing that the viewer may not see. Rejects where the store does not answer.
 */
export interface CatchUp {
  head(): Promise<Head>;
  /** The fingerprint of the row that the journal has at a position; null where it has none. */
  fingerprintAt(position: number): Promise<string | null>;
  readonly sessions: StateCatchUp<Session>;
  readonly payments: StateCatchUp<Payment>;
  /** The journal after `position`, in order. It is for operators: the caller has checked that. */
  journalSince(position: number): Promise<Portion<JournalRow>>;
}
