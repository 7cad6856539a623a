import type { JournalEntry, StateChange } from './journal/entry.ts';
import type { Instant } from './session/session.ts';
import type { Silence, Stalled } from './session/silence.ts';
import type { Viewer } from './viewer.ts';

/** The fields that the states of all subjects have. */
export interface State {
  readonly externalId: string | null;
  /** The position of the row that changed it last. */
  readonly position: number;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export type SubjectName = 'session' | 'payment';

/**
 * What callbacks are about: sessions, or payments. Topics, reads and subscriptions are written once, for any subject;
 * the differences are declared here.
 */
export interface Subject<S extends State> {
  readonly name: SubjectName;
  /** The aggregator's id. */
  idOf(state: S): string;
  /** The user who owns it; null: nobody, so that only operators see it. */
  ownerOf(state: S): string | null;
  /** The viewer's id among the owners; null: the viewer owns none. */
  userOf(viewer: Viewer): string | null;
  /** The change of a journal entry, where it changed a state of this subject. */
  changeOf(entry: JournalEntry): StateChange<S> | null;
  /** The state that the clock published, where it is one of this subject. */
  stalledOf(stalled: Stalled): S | null;
  /** When a state counts as stalled unless a fact comes; null: never. */
  stallsAt(state: S, silence: Silence): Instant | null;
}

/** Whose states are read: all (null), or one user's. */
export type Owner = string | null;

/** Whose states the viewer may see; undefined: none. */
export function ownerFor({ userOf }: Pick<Subject<State>, 'userOf'>, viewer: Viewer): Owner | undefined {
  return viewer.isOperator ? null : (userOf(viewer) ?? undefined);
}

/** Whether the viewer may see this state. */
export function mayRead<S extends State>(subject: Subject<S>, viewer: Viewer, state: S): boolean {
  const owner = ownerFor(subject, viewer);
  return owner === null || owner === subject.ownerOf(state);
}
