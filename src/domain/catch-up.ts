import type { JournalPlace } from './cursor.ts';
import type { JournalRow } from './journal/row.ts';
import type { Payment } from './payment/payment.ts';
import type { Instant, Session } from './session/session.ts';
import type { Viewer } from './viewer.ts';
import type { CallbackKind, StageName } from './words.ts';

/** The store at one moment: its identity, its last row, and from where on its journal is complete. */
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
  /** Kind and stage of that row; null where it was deleted. */
  readonly last: { readonly kind: CallbackKind | null; readonly stage: StageName | null } | null;
}

/** Names one state: by the aggregator's id, or by an external id, of which the state created last counts. */
export type Named = { readonly id: string } | { readonly externalId: string };

/** A part of a longer answer, in order. */
export interface Portion<Row> {
  readonly head: Head;
  readonly rows: readonly Row[];
  /** Whether more may follow the last row. */
  readonly more: boolean;
}

/** When states stalled: from an instant on, or from when the journal row at a position was received. */
export interface StalledWindow {
  readonly from: Instant | { readonly rowAt: number };
  /** Exclusive. */
  readonly before: Instant;
  /** See domain/session/silence.ts. */
  readonly afterMs: number;
}

/** One row, and the head read with it. */
export interface FoundAtHead<Row> {
  readonly head: Head;
  readonly found: Row | null;
}

/** The reads of subscriptions to one subject. */
export interface StateCatchUp<S> {
  /** The named state, where the viewer may see it. */
  find(named: Named, viewer: Viewer): Promise<FoundAtHead<ChangedState<S>>>;
  /** The states that the viewer may see whose last change is after `position`, in the order of that change. */
  since(position: number, viewer: Viewer): Promise<Portion<ChangedState<S>>>;
  /** The states that the viewer may see that stalled within the window and still are, in the order in which they did. */
  stalled(window: StalledWindow, viewer: Viewer): Promise<Omit<Portion<S>, 'head'>>;
}

/**
 * The reads of subscriptions. Each answer is read by one statement, so its rows and its head are consistent; it holds
 * nothing that the viewer may not see. Rejects where the store does not answer.
 */
export interface CatchUp {
  head(): Promise<Head>;
  /** The fingerprint of the row that the journal has at a position; null where it has none. */
  fingerprintAt(position: number): Promise<string | null>;
  readonly sessions: StateCatchUp<Session>;
  readonly payments: StateCatchUp<Payment>;
  /** The journal after `position`, in order. For operators only, which the caller must have checked. */
  journalSince(position: number): Promise<Portion<JournalRow>>;
}
