import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import type { Page } from '../../src/db/read/page.ts';
import { createReads, type Reads } from '../../src/db/read/reads.ts';
import { callbacks, payments, sessions } from '../../src/db/schema.ts';
import { fromPayment } from '../../src/db/tables/rows.ts';
import { admitsAll, type FilterOf, type InstantRange, restrictionsOf } from '../../src/domain/filter.ts';
import { CALLBACK_FILTER } from '../../src/domain/journal/filter.ts';
import { PAYMENT_FILTER } from '../../src/domain/payment/filter.ts';
import { SESSION_FILTER } from '../../src/domain/session/filter.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import {
  CALLBACK_KINDS,
  CALLBACK_OUTCOMES,
  NEXT_ACTIONS,
  PAYMENT_STATUSES,
  SESSION_OUTCOMES,
  STAGE_NAMES,
  STAGE_STATUSES,
  WORD_SETS,
} from '../../src/domain/words.ts';
import { createLogger } from '../../src/logger.ts';
import { seeded } from '../support/builders/seed.ts';
import { sessionRow } from '../support/builders/session-row.ts';
import { AT, journalRow, paymentOf, sessionOf } from '../support/builders/states.ts';
import { closeLater } from '../support/closing.ts';
import { eachStore } from '../support/stores/stores.ts';

const TEXTS = ['a', 'b', "it's", 'ünï\u{1f600}', '{a,b}'] as const;
const text = fc.constantFrom(...TEXTS);
const instant = fc.integer({ min: 0, max: 5 }).map((minutes) => AT + minutes * 60_000 + (minutes % 2));
const flag = fc.boolean();

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => some(fc.option(arbitrary, { nil: null, freq: 4 }));
/** Texts that rows hold, and some that none can. */
const wanted = fc.oneof({ weight: 5, arbitrary: text }, fc.constantFrom('', '\0', 'x'.repeat(257), '\ud800'));
/** Prefixes of ids that rows hold, with what LIKE reads otherwise; some that none can begin with. */
const prefix = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('', 'a', 'it', 'ü', 'A', '%', '_', 'a%', 'a_', '\\', 's1', 's%', 'b%1'),
  },
  wanted,
);
/** Ids that begin alike, except to LIKE. */
const prefixOf = (place: number): string => ['s', 's%', 's_', 'b\\', 'B'][place % 5] ?? '';
const listOf = <T>(words: readonly T[]) => fc.array(fc.constantFrom(...words), { maxLength: 3 });
const anyInstant = fc.oneof({ weight: 5, arbitrary: instant }, fc.constantFrom(-8.64e15, 8.64e15));
const range: fc.Arbitrary<InstantRange> = fc.record({ from: maybe(anyInstant), before: maybe(anyInstant) });

/** Filters of every field that the table declares, so that a field added to it is compared too. */
function filterOf<Fields extends Record<string, { readonly input: string }>>(fields: Fields) {
  const wantedOf = (input: string): fc.Arbitrary<unknown> => {
    if (input === 'ID') return wanted;
    if (input === 'String') return prefix;
    if (input === 'Boolean') return flag;
    if (input === 'DateTimeRange') return range;
    const set = WORDS.get(input);
    if (set === undefined) throw new Error(`${input} is no kind of field`);
    return listOf(set);
  };
  const arbitraries = Object.entries(fields).map(([name, { input }]) => [name, maybe(wantedOf(input))]);
  // cast: each field has the values of its declared input.
  return fc.record(Object.fromEntries(arbitraries)) as fc.Arbitrary<FilterOf<Fields>>;
}

/** Facts up to here are too old: the sessions that the samples hold lie on both sides. */
const QUIET_TO = AT + 2 * 60_000;

const WORDS = new Map<string, readonly string[]>(Object.entries(WORD_SETS));

const READER = { viewer: EXPLORER };

/** Few enough for one page, each of a thousand possible kinds. */
const ROWS = 60;
const sampleOf = <T>(arbitrary: fc.Arbitrary<T>): T[] => fc.sample(arbitrary, { numRuns: ROWS, seed: 7 });

const SESSIONS = sampleOf(
  fc.record({
    userId: text,
    bankId: text,
    externalId: fc.option(text),
    stage: fc.constantFrom(...STAGE_NAMES),
    status: fc.constantFrom(...STAGE_STATUSES),
    outcome: fc.constantFrom(...SESSION_OUTCOMES),
    nextAction: fc.constantFrom(...NEXT_ACTIONS),
    failedStage: fc.option(fc.constantFrom(...STAGE_NAMES)),
    conflict: flag,
    createdAt: instant,
    updatedAt: instant,
    lastFactAt: instant,
  }),
).map((columns, place) => sessionOf({}, { ...columns, sessionId: `${prefixOf(place)}${place}` }));

const PAYMENTS = sampleOf(
  fc.record({
    user: fc.option(text).map((externalId) => ({ externalId, secondaryIdentifiers: [] })),
    bankId: text,
    externalId: fc.option(text),
    status: fc.constantFrom(...PAYMENT_STATUSES),
    isFinal: flag,
    conflict: flag,
    createdAt: instant,
    updatedAt: instant,
  }),
).map((columns, place) => paymentOf({ ...columns, paymentId: `${prefixOf(place)}${place}` }));

const ROWS_OF_JOURNAL = sampleOf(
  fc.record({
    outcome: fc.constantFrom(...CALLBACK_OUTCOMES),
    kind: fc.option(fc.constantFrom(...CALLBACK_KINDS)),
    sessionId: fc.option(text),
    paymentId: fc.option(text),
    externalId: fc.option(text),
    bankId: fc.option(text),
    deliveries: fc.integer({ min: 1, max: 3 }),
    receivedAt: instant,
  }),
).map((columns, place) => journalRow({ ...columns, position: place + 1 }));

const everything = <Filter, Field>(filter: Filter, field: Field): Page<Filter, Field> => ({
  filter,
  orderBy: { field, direction: 'ASC' },
  count: 100,
  from: 'start',
  after: null,
  before: null,
});

eachStore('filters in SQL', (on) => {
  let reads: Reads;

  beforeAll(async () => {
    const { databaseUrl, dataDir } = on.config();
    const store = await openStore({
      databaseUrl,
      dataDir,
      pooled: false,
      log: createLogger({ level: 'silent' }),
    });
    closeLater(() => store.close());
    await store.db.insert(sessions).values(SESSIONS.map(sessionRow));
    await store.db.insert(payments).values(PAYMENTS.map(fromPayment));
    await store.db
      .insert(callbacks)
      .values(ROWS_OF_JOURNAL.map((row) => ({ ...row, changed: [...row.changed] })));
    reads = createReads(store, { afterMs: 60_000, now: () => QUIET_TO + 60_000 });
  });

  describe('admit exactly what the same filters admit in memory', () => {
    test('sessions', async () => {
      await fc.assert(
        fc.asyncProperty(filterOf(SESSION_FILTER), async (filter) => {
          const { rows } = await reads.sessions.list(everything(filter, 'CREATED_AT'), READER);
          const found = rows.map(({ sessionId }) => sessionId).sort();
          expect(found).toEqual(
            SESSIONS.filter((session) => admitsAll(restrictionsOf(SESSION_FILTER, filter), session, QUIET_TO))
              .map(({ sessionId }) => sessionId)
              .sort(),
          );
        }),
        seeded(300),
      );
    });

    test('payments', async () => {
      await fc.assert(
        fc.asyncProperty(filterOf(PAYMENT_FILTER), async (filter) => {
          const { rows } = await reads.payments.list(everything(filter, 'CREATED_AT'), READER);
          expect(rows.map(({ paymentId }) => paymentId).sort()).toEqual(
            PAYMENTS.filter((payment) => admitsAll(restrictionsOf(PAYMENT_FILTER, filter), payment, QUIET_TO))
              .map(({ paymentId }) => paymentId)
              .sort(),
          );
        }),
        seeded(200),
      );
    });

    test('the journal', async () => {
      await fc.assert(
        fc.asyncProperty(filterOf(CALLBACK_FILTER), async (filter) => {
          const { rows } = await reads.journal.list(everything(filter, 'POSITION'), READER);
          expect(rows.map(({ position }) => position)).toEqual(
            ROWS_OF_JOURNAL.filter((row) =>
              admitsAll(restrictionsOf(CALLBACK_FILTER, filter), row, QUIET_TO),
            ).map(({ position }) => position),
          );
        }),
        seeded(200),
      );
    });
  });
});
