import type { Account, Progress, TransactionPage } from './callback.ts';
import type { NextAction, SessionOutcome, StageName, StageStatus } from './words.ts';

/** Milliseconds since 1970 UTC: the one form of time inside Callboard. */
export type Instant = number;

/** One run of a stage. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** The set of statuses reported in this attempt; of two terminals the newest by position stands last. */
  readonly facts: readonly StageStatus[];
  /** The furthest progress the aggregator reported in this attempt. */
  readonly progress: Progress | null;
  /** When its first callback was received. */
  readonly startedAt: Instant;
  /** When the shown terminal was received. */
  readonly finishedAt: Instant | null;
  /** When the newest callback with a terminal was received: the quiet time counts from here. */
  readonly terminalAt: Instant | null;
}

/** Where one stage stands. */
export interface StageState {
  /** The attempt that is shown; null while the stage is unobserved. */
  readonly shown: Attempt | null;
  /** An attempt that began after a terminal and is not yet confirmed (DESIGN §4.4): never shown. */
  readonly suspected: Attempt | null;
  /** The attempt that the next callback belongs to while nothing is shown. */
  readonly next: number;
  /** Whether an earlier stage was restarted since this one was last heard of: then it is not the current stage. */
  readonly passed: boolean;
  /** The session's version that last changed this stage. */
  readonly version: number;
  readonly updatedAt: Instant | null;
}

/** All that the journal says of one session. */
export interface SessionState {
  readonly sessionId: string;
  readonly externalId: string | null;
  /** The owner recorded first; a callback that names another is quarantined. */
  readonly userId: string;
  readonly bankId: string;
  readonly isSca: boolean | null;
  readonly stages: Readonly<Record<StageName, StageState>>;
  /** In the order first seen; only ever appended to. An account's place here is its identity. */
  readonly accounts: readonly Account[];
  readonly transactionPages: readonly TransactionPage[];
  /** From 1; rises with every visible change. */
  readonly version: number;
  /** Position of the last visible change. */
  readonly position: number;
  readonly createdAt: Instant;
  /** When the last visible change was received. */
  readonly updatedAt: Instant;
  /** When the last new fact was received, visible or not. */
  readonly heardAt: Instant;
}

/** A session as it is stored and shown: its state and what is derived from it. */
export interface Session extends SessionState {
  /** The current stage: the furthest observed since the last confirmed restart of an earlier one. */
  readonly stage: StageName;
  /** The current stage's shown status. */
  readonly status: StageStatus;
  readonly outcome: SessionOutcome;
  readonly nextAction: NextAction;
  /** Whether any stage has two different terminals. */
  readonly conflict: boolean;
}
