import type { ChangedSession } from '../../domain/catch-up.ts';
import { admitsSession, type SessionFilter } from '../../domain/filters.ts';
import type { SessionChange } from '../../domain/journal/entry.ts';
import type { Session } from '../../domain/session/session.ts';
import { mayRead, type Viewer } from '../../domain/viewer.ts';
import type { SessionChangeKind, StageName } from '../../domain/words.ts';
import { badInput } from '../../errors.ts';
import type { Topic } from '../topics.ts';
import type { Source, SourceParts } from './source.ts';
import { createStateSource } from './state-source.ts';

/** What `sessionStatusChanged` says. */
export interface SessionMessage {
  readonly cursor: string;
  /** Why it was sent; of several conflated into one, the newest. */
  readonly kind: SessionChangeKind;
  /**
   * False only in a SNAPSHOT sent because no cursor could be honoured, or, also mid-stream, because the store was put
   * back or its state computed anew.
   */
  readonly recovered: boolean;
  /** False when the session no longer meets the filter. */
  readonly matches: boolean;
  /** Null only in a SNAPSHOT. */
  readonly session: Session | null;
  /** The stage that changed, with SNAPSHOT the current one; null when `session` is. */
  readonly stage: StageName | null;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

/** What a viewer subscribes to. */
export interface SessionAsk {
  readonly viewer: Viewer;
  /** At most one of these two; neither: all that the viewer may see and `filter` admits. */
  readonly sessionId?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly filter?: SessionFilter | null | undefined;
  /** Every cursor that the client sent: the furthest that can be honoured counts. None: a SNAPSHOT. */
  readonly cursors?: readonly string[];
}

/** Throws BAD_USER_INPUT when asked by both ids. */
export function createSessionSource(
  { hub, catchUp, now = Date.now }: SourceParts,
  { viewer, sessionId, externalId, filter, cursors = [] }: SessionAsk,
): Source<SessionMessage> {
  if (sessionId != null && externalId != null) {
    throw badInput('sessionId, externalId: give at most one of them.');
  }
  const named = sessionId != null ? { id: sessionId } : externalId != null ? { externalId } : null;
  const topic: Topic =
    sessionId != null
      ? `session/${sessionId}`
      : externalId != null
        ? `session-external/${externalId}`
        : manyTopic(viewer, filter);
  const admits = (session: Session) => filter == null || admitsSession(filter, session);

  return createStateSource<Session, ChangedSession, SessionChange, SessionMessage>(hub, {
    topic,
    share: JSON.stringify(['sessionStatusChanged', topic, filter ?? null]),
    cursors,
    followsNewest: externalId != null,
    one: named && (() => catchUp.session(named, viewer)),
    head: () => catchUp.head(),
    fingerprintAt: (position) => catchUp.fingerprintAt(position),
    since: (position) => catchUp.sessionsSince(position, viewer),
    idOf: (session) => session.sessionId,
    mayRead: (session) => mayRead(viewer, session),
    admits,
    mayHaveMatched: (session) => filter != null && admitsSession(unchanging(filter), session),
    changeOf: ({ change }) => (change?.of === 'session' ? change : null),
    subject: ({ session }) => session?.sessionId ?? null,
    snapshot: (cursor, recovered, session) => ({
      cursor,
      kind: 'SNAPSHOT',
      recovered,
      matches: session === null || admits(session),
      session,
      stage: session?.stage ?? null,
      changedAt: session?.updatedAt ?? now(),
    }),
    resumed: (cursor, matches, { state, last }) => ({
      cursor,
      kind: last?.kind === 'ACCOUNTS' || last?.kind === 'TRANSACTION_PAGE' ? last.kind : 'STATUS',
      recovered: true,
      matches,
      session: state,
      stage: last?.stage ?? state.stage,
      changedAt: state.updatedAt,
    }),
    told: (cursor, matches, { kind, stage, after: session, changedAt }) => ({
      cursor,
      kind,
      recovered: true,
      matches,
      session,
      stage,
      changedAt,
    }),
  });
}

/** Where nobody but one user's sessions can be told, only that user's are listened to. */
function manyTopic(viewer: Viewer, filter: SessionFilter | null | undefined): Topic {
  const userId = viewer.isOperator ? (filter?.userId ?? null) : (viewer.userId ?? '');
  return userId === null ? 'sessions' : `sessions-of/${userId}`;
}

/** The part of a filter that a session meets always or never. An external id may come later, and then stays. */
function unchanging({ userId, bankId, externalId, createdAt }: SessionFilter): SessionFilter {
  return { userId, bankId, externalId, createdAt };
}
