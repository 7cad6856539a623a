import type { Instant } from '../session/session.ts';
import type { CallbackKind, CallbackOutcome, StageName } from '../words.ts';
import type { Fault } from './callback.ts';

/** One row of the journal: one distinct callback and its outcome. */
export interface JournalRow {
  readonly position: number;
  /** Null where the shape is unknown. */
  readonly kind: CallbackKind | null;
  readonly outcome: CallbackOutcome;
  readonly reason: string | null;
  /** JSON Pointer to the offending field. */
  readonly path: string | null;
  /** Fields that were unreadable and left out; null where there were none, and in rows of 0.1: then parse the body. */
  readonly faults: readonly Fault[] | null;
  /** JSON Pointers of fields that were not known when it was recorded; null as with `faults`. */
  readonly unknownFields: readonly string[] | null;
  readonly sessionId: string | null;
  readonly paymentId: string | null;
  /** The session's or payment's external id, as the body names it; null in rows of 0.1. */
  readonly externalId: string | null;
  readonly bankId: string | null;
  readonly stage: StageName | null;
  readonly status: string | null;
  /** 0 where quarantined. */
  readonly attempt: number;
  /** Whether it confirms its attempt, which was only suspected, so that it is shown. Decided once, on receipt. */
  readonly confirms: boolean;
  /** Whether it resets every later stage to unobserved. Decided once, on receipt. */
  readonly putsBack: boolean;
  readonly digest: string;
  /** Of this row and all before it: see fingerprint.ts. */
  readonly fingerprint: string;
  readonly webhookId: string | null;
  readonly receivedAt: Instant;
  readonly deliveries: number;
  readonly lastDeliveredAt: Instant;
  readonly changed: readonly string[];
  readonly version: number | null;
  readonly replayOf: number | null;
  readonly replayedAt: Instant | null;
  /** As received, byte for byte. */
  readonly body: Uint8Array;
}
