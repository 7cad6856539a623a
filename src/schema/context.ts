import type { Reader } from '../db/read/reader.ts';
import type { Reads } from '../db/read/reads.ts';
import type { Findings, ReportedSubject } from '../domain/journal/callback.ts';
import type { Silence } from '../domain/session/silence.ts';
import type { StageName } from '../domain/words.ts';
import type { Subscriptions } from '../live/sources/subscriptions.ts';

/** What resolvers are given: for whom they read, and everything they read from. One for each execution. */
export interface Context extends Reader {
  readonly reads: Reads;
  readonly live: Subscriptions;
  /** Whether this deployment awaits a stage now (EXPECTED_STAGES of the store, which may change under a subscription). */
  expects(stage: StageName): boolean;
  /** From when on a session counts as stalled. */
  readonly silence: Silence;
  /** The cursors that came with the operation outside its arguments: `extensions.after` and `Last-Event-ID`. */
  readonly cursors: readonly string[];
  /** What a body claims, unjudged. */
  readReported(body: Uint8Array): ReportedSubject;
  /** What could not be read of a body, and which of its fields are not known. */
  readFindings(body: Uint8Array): Findings;
}
