import type { Instant } from './session.ts';
import type { CallbackKind, CallbackOutcome, StageName } from './words.ts';

/** One row of the journal: one distinct callback, and what became of it. */
export interface JournalRow {
  readonly position: number;
  /** Null where the shape is unknown. */
  readonly kind: CallbackKind | null;
  readonly outcome: CallbackOutcome;
  readonly reason: string | null;
  /** JSON Pointer to the offending field. */
  readonly path: string | null;
  readonly sessionId: string | null;
  readonly paymentId: string | null;
  readonly bankId: string | null;
  readonly stage: StageName | null;
  readonly status: string | null;
  /** 0 where quarantined. */
  readonly attempt: number;
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
