import { and, asc, ne, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Instant } from '../../domain/session/session.ts';
import {
  PAYMENT_STATUSES,
  type PaymentStatus,
  STAGE_STATUSES,
  type StageName,
  type StageStatus,
} from '../../domain/words.ts';
import { callbacks } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { batchKeys, keysParameter } from './batch-keys.ts';
import { createBatchLoader } from './batch-loader.ts';
import type { ReadQueue } from './read-queue.ts';
import type { Reader } from './reader.ts';

/** One status reported in one attempt of a stage, by one callback or several. */
export interface StageFact {
  readonly stage: StageName;
  readonly status: StageStatus;
  readonly attempt: number;
  /** Of the first callback, by position, that reported it. */
  readonly receivedAt: Instant;
  readonly position: number;
  /** Deliveries of all callbacks that reported it. */
  readonly deliveries: number;
}

/** One status reported of a payment. */
export type PaymentFact = Omit<StageFact, 'stage' | 'status' | 'attempt'> & {
  readonly status: PaymentStatus;
};

/**
 * Every status that the journal holds of one session or payment, oldest first; quarantined callbacks do not count. Only
 * for sessions and payments that were already read for the viewer. Reads of one turn share one statement.
 */
export interface FactReads {
  ofSession(sessionId: string, reader: Reader): Promise<readonly StageFact[]>;
  ofPayment(paymentId: string, reader: Reader): Promise<readonly PaymentFact[]>;
}

export function createFactReads({ db }: Pick<Store, 'db'>, queue: ReadQueue): FactReads {
  const ofSession = loaderOf(
    prepareFacts(db, callbacks.sessionId, 'facts'),
    ({ stage, status, ...fact }) =>
      stage !== null && isWord(STAGE_STATUSES, status) ? [{ ...fact, stage, status }] : [],
    queue,
  );
  const ofPayment = loaderOf(
    prepareFacts(db, callbacks.paymentId, 'payment_history'),
    ({ stage: _, attempt: __, status, ...fact }) =>
      isWord(PAYMENT_STATUSES, status) ? [{ ...fact, status }] : [],
    queue,
  );
  return {
    ofSession: (id, { cancellation }) => ofSession(id, cancellation),
    ofPayment: (id, { cancellation }) => ofPayment(id, cancellation),
  };
}

type Row = Awaited<ReturnType<ReturnType<typeof prepareFacts>['execute']>>[number]['fact'];

function loaderOf<Fact>(
  statement: ReturnType<typeof prepareFacts>,
  toFacts: (row: Row) => Fact[],
  queue: ReadQueue,
) {
  return createBatchLoader<string, readonly Fact[]>({
    queue,
    nameOf: (id) => id,
    async load(ids) {
      const answers: Fact[][] = ids.map(() => []);
      const keys = keysParameter(ids.map((id) => ({ id, owner: null })));
      for (const { keys: key, fact } of await statement.execute({ keys })) {
        answers[key.n]?.push(...toFacts(fact));
      }
      return answers;
    },
  });
}

function prepareFacts(db: Db, column: PgColumn, name: string) {
  const keys = batchKeys(db);
  const fact = db
    .select({
      stage: callbacks.stage,
      attempt: callbacks.attempt,
      status: callbacks.status,
      receivedAt: firstOf(callbacks.receivedAt).as('first_received_at'),
      position: sql<number>`min(${callbacks.position})`.mapWith(callbacks.position).as('first_position'),
      deliveries: sql<number>`sum(${callbacks.deliveries})::int`.as('all_deliveries'),
    })
    .from(callbacks)
    .where(and(sql`${column} = ${keys.id}`, ne(callbacks.outcome, 'QUARANTINED')))
    .groupBy(callbacks.stage, callbacks.attempt, callbacks.status)
    .as('fact');
  return db.select().from(keys).crossJoinLateral(fact).orderBy(asc(keys.n), asc(fact.position)).prepare(name);
}

const firstOf = (column: typeof callbacks.receivedAt): SQL<Instant> =>
  sql`(array_agg(${column} order by ${callbacks.position}))[1]`.mapWith(column);

function isWord<Word extends string>(words: readonly Word[], text: string | null): text is Word {
  return words.some((word) => word === text);
}
