import type { Progress, ReportedAccount, ReportedPage } from '../journal/callback.ts';
import type { NextAction, SessionOutcome, StageName, StageStatus } from '../words.ts';

/** Milliseconds since 1970 UTC: the one form of time inside Callboard. */
export type Instant = number;

/** One run of a stage. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** The set of statuses reported in this attempt; of two terminal ones the newest comes last. */
  readonly facts: readonly StageStatus[];
  /** The furthest progress reported before the end; null where none was. */
  readonly progress: Progress | null;
  /** The furthest progress that a Finished itself reported; null where none did. */
  readonly endProgress: Progress | null;
  /** When its first and its last callback was received. */
  readonly startedAt: Instant;
  readonly lastFactAt: Instant;
  /** When the shown terminal status was received. */
  readonly finishedAt: Instant | null;
  /** When the newest callback with a terminal was received: the quiet time counts from here. */
  readonly terminalAt: Instant | null;
}

/** A run of a stage that was shown before, as it was when another run replaced it. */
export interface PastAttempt {
  readonly number: number;
  readonly status: StageStatus;
  readonly conflict: boolean;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
}

/** The state of one stage. */
export interface StageState {
  /** The attempt that is shown; null while the stage is unobserved. */
  readonly shown: Attempt | null;
  /** An attempt that began after a terminal status and is not confirmed yet: never shown. */
  readonly suspected: Attempt | null;
  /** Attempts that were shown, oldest first. */
  readonly past: readonly PastAttempt[];
  /** The attempt that the next callback belongs to while nothing is shown. */
  readonly next: number;
  /** When an earlier stage's restart last reset it to unobserved; null where none did. */
  readonly putBackAt: Instant | null;
  /** Whether an earlier stage was restarted since this one was last reported: then it is not the current stage. */
  readonly passed: boolean;
  /** The session's version that last changed this stage. */
  readonly version: number;
  readonly updatedAt: Instant | null;
}

/** For each stage in which something was reported: the highest attempt that reported it. */
export type ReportedIn = Readonly<Partial<Record<StageName, number>>>;

/** An account of the person; its number (spaces and letter case aside) and its type are its identity. */
export interface Account extends ReportedAccount {
  readonly reportedIn: ReportedIn;
}

/** The first page of one account's transactions in one status, as far as it was reported. */
export interface TransactionPage extends ReportedPage {
  /** When a callback about it was received last. */
  readonly receivedAt: Instant;
  readonly reportedIn: ReportedIn;
}

/** The fold of one session's journal rows. */
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
  /** From 1; rises with every row of the journal. */
  readonly version: number;
  /** Position of the last row. */
  readonly position: number;
  readonly createdAt: Instant;
  /** When the last row was received. */
  readonly updatedAt: Instant;
  /** The same: when anything was received last, except repeats. */
  readonly lastFactAt: Instant;
}

/** A session as it is stored and shown: its state and what is derived from it. */
export interface Session extends SessionState {
  /** The current stage: the furthest observed since the last confirmed restart of an earlier one. */
  readonly stage: StageName;
  /** The current stage's shown status. */
  readonly status: StageStatus;
  readonly outcome: SessionOutcome;
  readonly nextAction: NextAction;
  /** The stage that decides the outcome; null with PENDING and SUCCEEDED. */
  readonly failedStage: StageName | null;
  /** Whether any stage has two different terminal statuses. */
  readonly conflict: boolean;
}
