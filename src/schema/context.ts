import type { Reads } from '../db/reads.ts';
import type { ReportedSubject } from '../domain/callback.ts';
import type { CallbackFilter, PaymentFilter, SessionFilter } from '../domain/filters.ts';
import type { JournalRow } from '../domain/journal.ts';
import type { Payment } from '../domain/payment.ts';
import type { Session } from '../domain/session.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { PaymentChangeKind, SessionChangeKind, StageName } from '../domain/words.ts';

/** What resolvers are given: who asks, and everything they read from. One for each operation. */
export interface Context {
  readonly viewer: Viewer;
  readonly reads: Reads;
  readonly live: Live;
  /** EXPECTED_STAGES: what this deployment awaits. */
  readonly expectedStages: readonly StageName[];
  /** The cursor that came beside the operation (`extensions.after` or `Last-Event-ID`); null where none did. */
  readonly after: string | null;
  /** What a body claims, unjudged. */
  readReported(body: Uint8Array): ReportedSubject;
}

/** Where subscriptions come from: each call is one subscription, scoped by its viewer. */
export interface Live {
  /** Throws BAD_USER_INPUT where both ids are given. */
  sessionStatusChanged(
    ask: LiveAsk<SessionFilter> & { readonly sessionId?: string | null | undefined },
  ): AsyncIterable<SessionMessage>;
  /** Throws BAD_USER_INPUT where both ids are given. */
  paymentStatusChanged(
    ask: LiveAsk<PaymentFilter> & { readonly paymentId?: string | null | undefined },
  ): AsyncIterable<PaymentMessage>;
  /** For operators: the caller has made sure. */
  callbackRecorded(ask: Omit<LiveAsk<CallbackFilter>, 'externalId'>): AsyncIterable<CallbackMessage>;
}

export interface LiveAsk<Filter> {
  readonly viewer: Viewer;
  readonly externalId?: string | null | undefined;
  readonly filter?: Filter | null | undefined;
  /** The argument `after`, and what came beside it: the furthest that can be honoured counts. */
  readonly after?: string | null | undefined;
  readonly besides?: string | null | undefined;
}

export interface SessionMessage {
  readonly cursor: string;
  readonly kind: SessionChangeKind;
  readonly recovered: boolean;
  readonly matches: boolean;
  readonly session: Session | null;
  readonly stage: StageName | null;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

export interface PaymentMessage {
  readonly cursor: string;
  readonly kind: PaymentChangeKind;
  readonly recovered: boolean;
  readonly matches: boolean;
  readonly payment: Payment | null;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

export interface CallbackMessage {
  readonly cursor: string;
  readonly recovered: boolean;
  /** Null only in the opening message. */
  readonly row: JournalRow | null;
}
