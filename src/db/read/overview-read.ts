import { sql } from 'drizzle-orm';
import type { Instant } from '../../domain/session/session.ts';
import { quietTo, type Silence } from '../../domain/session/silence.ts';
import {
  CALLBACK_OUTCOMES,
  type CallbackOutcome,
  PAYMENT_STATUSES,
  type PaymentStatus,
  SESSION_OUTCOMES,
  type SessionOutcome,
} from '../../domain/words.ts';
import { callbacks, payments, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { instantAt, instantText } from './conditions.ts';
import { type ReadQueue, readThrough } from './read-queue.ts';
import type { Reader } from './reader.ts';
import { countOf, hasStalled, touchedSince } from './touched.ts';

/** How many rows have a word; every word is listed, also where none has it. */
export interface Count<Word> {
  readonly word: Word;
  readonly count: number;
}

/** Counts over what was touched since a moment. */
export interface Overview {
  readonly since: Instant;
  readonly sessions: readonly Count<SessionOutcome>[];
  readonly payments: readonly Count<PaymentStatus>[];
  readonly callbacks: readonly Count<CallbackOutcome>[];
  /** Of the sessions. */
  readonly stalled: number;
  /** Of sessions and payments. */
  readonly conflicts: number;
  /** Of the callbacks: quarantined and not replayed. */
  readonly quarantined: number;
}

/** For operators: null for other viewers. One statement; `since` is 24 hours ago where it is null. */
export type OverviewRead = (since: Instant | null, reader: Reader) => Promise<Overview | null>;

const DAY_MS = 86_400_000;

export function createOverviewRead(
  { db }: Pick<Store, 'db'>,
  silence: Silence,
  queue: ReadQueue,
): OverviewRead {
  const statement = prepareOverview(db);
  return async (given, { viewer, cancellation }) => {
    if (!viewer.isOperator) return null;
    const since = given ?? silence.now() - DAY_MS;
    const values = { since: instantText(since), quietTo: instantText(quietTo(silence)) };
    const rows = await readThrough(queue, cancellation, () => statement.execute(values));
    const of = (kind: Kind) => rows.filter((row) => row.kind === kind);
    const countsOf = <Word extends string>(kind: Kind, words: readonly Word[]): Count<Word>[] =>
      words.map((word) => ({ word, count: of(kind).find((row) => row.word === word)?.count ?? 0 }));
    return {
      since,
      sessions: countsOf('sessions', SESSION_OUTCOMES),
      payments: countsOf('payments', PAYMENT_STATUSES),
      callbacks: countsOf('callbacks', CALLBACK_OUTCOMES),
      stalled: rows.reduce((sum, { stalled }) => sum + stalled, 0),
      conflicts: rows.reduce((sum, { conflicts }) => sum + conflicts, 0),
      quarantined: of('quarantined')[0]?.count ?? 0,
    };
  };
}

type Kind = 'sessions' | 'payments' | 'callbacks' | 'quarantined';

/** Each part is a range of one index. */
function prepareOverview(db: Db) {
  const kind = (name: Kind) => sql<Kind>`${sql.raw(`'${name}'`)}`.as('kind');
  const none = sql<number>`0::bigint`.mapWith(Number);
  const receivedSince = sql`${callbacks.receivedAt} >= ${instantAt('since')}`;
  const ofSessions = db
    .select({
      kind: kind('sessions'),
      word: sql<string>`${sessions.outcome}::text`,
      count: countOf(),
      stalled: countOf(hasStalled),
      conflicts: countOf(sql`${sessions.conflict}`),
    })
    .from(sessions)
    .where(touchedSince)
    .groupBy(sessions.outcome);
  const ofPayments = db
    .select({
      kind: kind('payments'),
      word: sql<string>`${payments.status}::text`,
      count: countOf(),
      stalled: none,
      conflicts: countOf(sql`${payments.conflict}`),
    })
    .from(payments)
    .where(sql`${payments.updatedAt} >= ${instantAt('since')}`)
    .groupBy(payments.status);
  const ofCallbacks = db
    .select({
      kind: kind('callbacks'),
      word: sql<string>`${callbacks.outcome}::text`,
      count: countOf(),
      stalled: none,
      conflicts: none,
    })
    .from(callbacks)
    .where(receivedSince)
    .groupBy(callbacks.outcome);
  const ofQuarantined = db
    .select({
      kind: kind('quarantined'),
      word: sql<string>`''`,
      count: countOf(),
      stalled: none,
      conflicts: none,
    })
    .from(callbacks)
    .where(
      sql`${receivedSince} and ${callbacks.outcome} = 'QUARANTINED' and ${callbacks.replayedAt} is null`,
    );
  return ofSessions.unionAll(ofPayments).unionAll(ofCallbacks).unionAll(ofQuarantined).prepare('overview');
}
