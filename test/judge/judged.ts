import type { Delivery } from './session.ts';

/**
 * What a system shows of a session, in the words of words.ts. They are strings here: a system may know more words
 * (a stage, a next action) than the aggregator simulated.
 */
export interface Shown {
  readonly outcome: string;
  readonly stage: string;
  readonly status: string;
  readonly nextAction: string | null;
  /** What the system itself says is doubtful about it. */
  readonly flags: {
    readonly stalled: boolean;
    readonly restartSuspected: boolean;
    readonly conflict: boolean;
  };
}

/** A system under judgement. It receives callbacks, and is never given the truth. */
export interface Judged {
  /** Called in the order of `delivery.at`, each call after the one before has settled. */
  receive(delivery: Delivery): void | Promise<void>;
  /** What is shown of a session at this virtual time (milliseconds, never decreasing); null for an unknown one. */
  shown(sessionId: string, at: number): Shown | null | Promise<Shown | null>;
}
