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
import { hasStalled, touchedSince } from './touched.ts';

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
  const { outcome, conflict } = sessions;
  const receivedSince = sql`${callbacks.receivedAt} >= ${instantAt('since')}`;
  const counted = sql`(
    select 'sessions' as kind, ${outcome}::text as word, count(*) as n,
      count(*) filter (where ${hasStalled}) as stalled, count(*) filter (where ${conflict}) as conflicts
    from ${sessions} where ${touchedSince} group by ${outcome}
    union all
    select 'payments', ${payments.status}::text, count(*), 0, count(*) filter (where ${payments.conflict})
    from ${payments} where ${payments.updatedAt} >= ${instantAt('since')} group by ${payments.status}
    union all
    select 'callbacks', ${callbacks.outcome}::text, count(*), 0, 0
    from ${callbacks} where ${receivedSince} group by ${callbacks.outcome}
    union all
    select 'quarantined', '', count(*), 0, 0
    from ${callbacks}
    where ${receivedSince} and ${callbacks.outcome} = 'QUARANTINED' and ${callbacks.replayedAt} is null
  ) as counted`;
  return db
    .select({
      kind: sql<Kind>`kind`.as('kind'),
      word: sql<string>`word`.as('word'),
      count: sql`n`.mapWith(Number).as('n'),
      stalled: sql`stalled`.mapWith(Number).as('stalled'),
      conflicts: sql`conflicts`.mapWith(Number).as('conflicts'),
    })
    .from(counted)
    .prepare('overview');
}
