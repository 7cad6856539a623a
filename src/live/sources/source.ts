import type { CatchUp } from '../../domain/catch-up.ts';
import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Instant } from '../../domain/session/session.ts';
import type { Silence, Stalled } from '../../domain/session/silence.ts';
import type { Hub } from '../hub.ts';
import type { Topic } from '../topics.ts';

/** The parts that subscriptions depend on. */
export interface SourceParts {
  readonly hub: Hub;
  readonly catchUp: CatchUp;
  /** The store's clock, and from when on sessions count as stalled. */
  readonly silence?: Silence;
}

/** The field that every message of a subscription has. */
export interface Message {
  /** Its receiver has everything up to here once it has this message. */
  readonly cursor: string;
}

/** Decides which of several states with one external id was created last: ties go to the higher id. */
export interface Newest {
  readonly id: string;
  readonly createdAt: Instant;
}

/** What a reader has already: it reads on from there. */
export interface Holding {
  /** It has all that was recorded up to here. */
  readonly position: number;
  /** The last cursor that it was sent. */
  readonly cursor: string;
  /** It knows each session that stalled before this. */
  readonly clock: Instant;
}

/** A part of the messages that a subscription sends before it is live. */
export interface Opening<M> {
  /** Identifies the store that was read: it is part of cursors. */
  readonly identity: string;
  /** Its messages cover everything up to here: entries up to here are not sent to this reader again. */
  readonly position: number;
  /** The cursor that its reader holds before the messages; with a SNAPSHOT that one's own. */
  readonly cursor: string;
  /** The same for the clock: its reader knows, after these messages, each session that stalled before this. */
  readonly clock: Instant;
  readonly messages: readonly M[];
  /** Whether there may be more to read before the hub's entries follow. */
  readonly more: boolean;
  /** With an external id: the state created last, whose changes are sent from here on. */
  readonly newest?: Newest | null;
}

/** That a session has stalled: its message is made for each reader's last cursor, which it repeats. */
export interface StalledMessage<M> {
  /** That of `conflationKey`, yet no change takes its place. */
  readonly key: string;
  withCursor(cursor: string): M;
}

/**
 * Makes the messages of one subscription from the store and the hub. As an AsyncIterable it serves a single reader; the
 * transports use `open` and `toMessage` through live/fanout/, so that one execution and one payload serve all equal
 * subscriptions.
 */
export interface Source<M extends Message = Message> extends AsyncIterable<M> {
  readonly topic: Topic;
  /** Whether its reader came with a cursor, honoured or not. Without it: no. */
  readonly resumes?: boolean;
  /** Two subscriptions share executions where this, document, variables and viewer scope are the same. */
  readonly share: string;
  /** Reads the store: called after the hub's listener was attached, so that nothing is missed in between. */
  open(): Promise<Opening<M>>;
  /** Reads on, for a reader that has everything up to there. */
  resume(held: Holding): Promise<Opening<M>>;
  /** Reads the store as for a new reader, after the history of what was sent before is gone from the store. */
  reopen(): Promise<Opening<M>>;
  /** Keeps what later entries are compared with: called with each opening of each subscription that shares it. */
  learn(opening: Opening<M>): void;
  /** Drops what was learned, before a `reopen`. */
  unlearn(): void;
  /** Called once an opening was learned. Null: not for this subscription. Ownership and filter are checked each time. */
  toMessage(entry: JournalEntry): M | null;
  /** The same for a session that has stalled. */
  toStalled(stalled: Stalled): StalledMessage<M> | null;
  /** For a slow reader, messages with the same key replace each other; null: never (the journal). */
  conflationKey(message: M): string | null;
}
