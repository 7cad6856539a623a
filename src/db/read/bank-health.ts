import { and, type SQL, sql } from 'drizzle-orm';
import type { Instant } from '../../domain/session/session.ts';
import { quietTo, type Silence } from '../../domain/session/silence.ts';
import type { SessionOutcome } from '../../domain/words.ts';
import { sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { isAnyOf } from '../tables/json-rows.ts';
import { createBatchLoader } from './batch-loader.ts';
import { instantText } from './conditions.ts';
import type { ReadQueue } from './read-queue.ts';
import type { Reader } from './reader.ts';
import { countOf, hasStalled, touchedSince } from './touched.ts';

/** How a bank's sessions fared that were touched since a moment. The five outcomes add up to `sessions`. */
export interface BankHealth {
  readonly since: Instant;
  readonly sessions: number;
  readonly succeeded: number;
  readonly partiallySucceeded: number;
  readonly failed: number;
  readonly needsAuthorization: number;
  readonly pending: number;
  /** Of the pending ones. */
  readonly stalled: number;
  /** When one that succeeded was touched last; null where none did. */
  readonly lastSucceededAt: Instant | null;
}

interface Key {
  readonly bankId: string;
  readonly minutes: number;
}

/** For operators: null for other viewers. Banks that are read in one turn for the same minutes share one statement. */
export type BankHealthRead = (key: Key, reader: Reader) => Promise<BankHealth | null>;

const MINUTE_MS = 60_000;

export function createBankHealth(
  { db }: Pick<Store, 'db'>,
  silence: Silence,
  queue: ReadQueue,
): BankHealthRead {
  const statement = prepareBankHealth(db);

  async function loadOf(
    minutes: number,
    bankIds: readonly string[],
  ): Promise<ReadonlyMap<string, BankHealth>> {
    const since = silence.now() - minutes * MINUTE_MS;
    const found = await statement.execute({
      ids: JSON.stringify(bankIds),
      since: instantText(since),
      quietTo: instantText(quietTo(silence)),
    });
    const health = new Map(found.map(({ bankId, ...counts }) => [bankId, { since, ...counts }]));
    return new Map(bankIds.map((bankId) => [bankId, health.get(bankId) ?? { since, ...NOTHING }]));
  }

  const load = createBatchLoader<Key, BankHealth | null>({
    queue,
    nameOf: ({ bankId, minutes }) => `${minutes} ${bankId}`,
    async load(keys) {
      const byMinutes = new Map<number, ReadonlyMap<string, BankHealth>>();
      for (const minutes of new Set(keys.map((key) => key.minutes))) {
        const ids = keys.filter((key) => key.minutes === minutes).map(({ bankId }) => bankId);
        byMinutes.set(minutes, await loadOf(minutes, ids));
      }
      return keys.map(({ bankId, minutes }) => byMinutes.get(minutes)?.get(bankId) ?? null);
    },
  });
  return async (key, { viewer, cancellation }) => (viewer.isOperator ? load(key, cancellation) : null);
}

const NOTHING: Omit<BankHealth, 'since'> = Object.freeze({
  sessions: 0,
  succeeded: 0,
  partiallySucceeded: 0,
  failed: 0,
  needsAuthorization: 0,
  pending: 0,
  stalled: 0,
  lastSucceededAt: null,
});

function prepareBankHealth(db: Db) {
  const ended = (outcome: SessionOutcome): SQL => sql`${sessions.outcome} = ${sql.raw(`'${outcome}'`)}`;
  const lastSucceeded = sql`max(${sessions.updatedAt}) filter (where ${ended('SUCCEEDED')})`;
  return db
    .select({
      bankId: sessions.bankId,
      sessions: countOf(),
      succeeded: countOf(ended('SUCCEEDED')),
      partiallySucceeded: countOf(ended('PARTIALLY_SUCCEEDED')),
      failed: countOf(ended('FAILED')),
      needsAuthorization: countOf(ended('NEEDS_AUTHORIZATION')),
      pending: countOf(ended('PENDING')),
      stalled: countOf(hasStalled),
      lastSucceededAt: sql<Instant | null>`(extract(epoch from ${lastSucceeded}) * 1000)::float8`,
    })
    .from(sessions)
    .where(and(touchedSince, isAnyOf(sessions.bankId, 'ids')))
    .groupBy(sessions.bankId)
    .prepare('bank_health');
}
