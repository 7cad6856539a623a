import type { CatchUp } from '../../domain/catch-up.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Instant } from '../../domain/session/session.ts';
import type { Hub } from '../hub.ts';
import type { Topic } from '../topics.ts';

/** What subscriptions are made of. */
export interface SourceParts {
  readonly hub: Hub;
  readonly catchUp: CatchUp;
  /** The store's clock, in milliseconds since 1970: when a SNAPSHOT of nothing was read. */
  readonly now?: () => number;
}

/** What every message of a subscription carries. */
export interface Message {
  /** The place up to which its receiver knows everything once it has this message. */
  readonly cursor: string;
}

/** What decides which of several with one external id was created last: ties go to the higher id. */
export interface Newest {
  readonly id: string;
  readonly createdAt: Instant;
}

/** A part of what a subscription sends before it is live. */
export interface Opening<M> {
  /** Which store was read: cursors bear it. */
  readonly identity: string;
  /** Once its messages are sent, everything up to here is sent: no entry up to here is for this reader any more. */
  readonly position: number;
  readonly messages: readonly M[];
  /** Whether there may be more to read before the hub's entries follow. */
  readonly more: boolean;
  /** By externalId: the one created last, whose changes are sent from here on. */
  readonly newest?: Newest | null;
}

/**
 * One subscription's way from the store and the hub to its messages. As an AsyncIterable it serves one reader alone;
 * the transports use `open` and `toMessage` through live/fanout/, so that one execution and one payload serve all
 * subscriptions that are alike.
 */
export interface Source<M extends Message = Message> extends AsyncIterable<M> {
  readonly topic: Topic;
  /** What must be the same, with document, variables and viewer scope, for two subscriptions to share executions. */
  readonly share: string;
  /** Reads the store: called after the hub's listener was attached, so that nothing falls between. */
  open(): Promise<Opening<M>>;
  /** Reads on from a position, for a reader that knows everything up to there. */
  resume(position: number): Promise<Opening<M>>;
  /** Reads the store as for a new reader: what was sent before is of a history that the store has no more. */
  reopen(): Promise<Opening<M>>;
  /** Keeps what later entries are compared with: called with each opening of each subscription it stands for. */
  learn(opening: Opening<M>): void;
  /** Drops what was learned: see `reopen`. */
  unlearn(): void;
  /** Called once an opening was learned. Null: not for this subscription. Ownership and filter are checked each time. */
  toMessage(entry: JournalEntry): M | null;
  /** Messages with the same key replace each other for a reader that lags; null: never (the journal). */
  conflationKey(message: M): string | null;
}
