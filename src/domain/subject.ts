import type { JournalEntry, StateChange } from './journal/entry.ts';
import type { Instant } from './session/session.ts';
import type { Viewer } from './viewer.ts';

/** What the states of all subjects have. */
export interface State {
  readonly externalId: string | null;
  /** Of the row that changed it last. */
  readonly position: number;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export type SubjectName = 'session' | 'payment';

/**
 * What callbacks are about: sessions, or payments. Topics, reads and subscriptions are written once, for any subject;
 * what differs is said here.
 */
export interface Subject<S extends State> {
  readonly name: SubjectName;
  /** The aggregator's id. */
  idOf(state: S): string;
  /** The user whose it is; null: nobody's, so that operators alone see it. */
  ownerOf(state: S): string | null;
  /** What a viewer is called among the owners; null: they own none. */
  userOf(viewer: Viewer): string | null;
  /** What a journal entry changed, where it was a state of this subject. */
  changeOf(entry: JournalEntry): StateChange<S> | null;
}

/** Whose states are read: everybody's (null), or one user's. */
export type Owner = string | null;

/** Whose states the viewer may see; undefined: nobody's. */
export function ownerFor({ userOf }: Pick<Subject<State>, 'userOf'>, viewer: Viewer): Owner | undefined {
  return viewer.isOperator ? null : (userOf(viewer) ?? undefined);
}

/** Whether the viewer may see this state. */
export function mayRead<S extends State>(subject: Subject<S>, viewer: Viewer, state: S): boolean {
  const owner = ownerFor(subject, viewer);
  return owner === null || owner === subject.ownerOf(state);
}
