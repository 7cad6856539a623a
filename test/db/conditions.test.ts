import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import type { Page } from '../../src/db/read/page.ts';
import { createReads, type Reads } from '../../src/db/read/reads.ts';
import { callbacks, payments, sessions } from '../../src/db/schema.ts';
import { fromPayment, fromSession } from '../../src/db/tables/rows.ts';
import {
  admitsCallback,
  admitsPayment,
  admitsSession,
  type CallbackFilter,
  type InstantRange,
  type PaymentFilter,
  type SessionFilter,
} from '../../src/domain/filters.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import {
  CALLBACK_KINDS,
  CALLBACK_OUTCOMES,
  NEXT_ACTIONS,
  PAYMENT_STATUSES,
  SESSION_OUTCOMES,
  STAGE_NAMES,
  STAGE_STATUSES,
} from '../../src/domain/words.ts';
import { createLogger } from '../../src/logger.ts';
import { seeded } from '../support/builders/seed.ts';
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
const listOf = <T>(words: readonly T[]) => fc.array(fc.constantFrom(...words), { maxLength: 3 });
const anyInstant = fc.oneof({ weight: 5, arbitrary: instant }, fc.constantFrom(-8.64e15, 8.64e15));
const range: fc.Arbitrary<InstantRange> = fc.record({ from: maybe(anyInstant), before: maybe(anyInstant) });

const sessionFilter: fc.Arbitrary<SessionFilter> = fc.record({
  userId: maybe(wanted),
  bankId: maybe(wanted),
  externalId: maybe(wanted),
  stage: maybe(listOf(STAGE_NAMES)),
  status: maybe(listOf(STAGE_STATUSES)),
  outcome: maybe(listOf(SESSION_OUTCOMES)),
  nextAction: maybe(listOf(NEXT_ACTIONS)),
  failedStage: maybe(listOf(STAGE_NAMES)),
  conflict: maybe(flag),
  createdAt: maybe(range),
  updatedAt: maybe(range),
});
const paymentFilter: fc.Arbitrary<PaymentFilter> = fc.record({
  userExternalId: maybe(wanted),
  bankId: maybe(wanted),
  externalId: maybe(wanted),
  status: maybe(listOf(PAYMENT_STATUSES)),
  isFinal: maybe(flag),
  conflict: maybe(flag),
  createdAt: maybe(range),
  updatedAt: maybe(range),
});
const callbackFilter: fc.Arbitrary<CallbackFilter> = fc.record({
  outcome: maybe(listOf(CALLBACK_OUTCOMES)),
  kind: maybe(listOf(CALLBACK_KINDS)),
  sessionId: maybe(wanted),
  paymentId: maybe(wanted),
  bankId: maybe(wanted),
  repeated: maybe(flag),
  receivedAt: maybe(range),
});

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
  }),
).map((columns, place) => sessionOf({}, { ...columns, sessionId: `s${place}` }));

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
).map((columns, place) => paymentOf({ ...columns, paymentId: `p${place}` }));

const ROWS_OF_JOURNAL = sampleOf(
  fc.record({
    outcome: fc.constantFrom(...CALLBACK_OUTCOMES),
    kind: fc.option(fc.constantFrom(...CALLBACK_KINDS)),
    sessionId: fc.option(text),
    paymentId: fc.option(text),
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
    await store.db.insert(sessions).values(SESSIONS.map(fromSession));
    await store.db.insert(payments).values(PAYMENTS.map(fromPayment));
    await store.db
      .insert(callbacks)
      .values(ROWS_OF_JOURNAL.map((row) => ({ ...row, changed: [...row.changed] })));
    reads = createReads(store);
  });

  describe('admit exactly what the same filters admit in memory', () => {
    test('sessions', async () => {
      await fc.assert(
        fc.asyncProperty(sessionFilter, async (filter) => {
          const { rows } = await reads.sessions(everything(filter, 'CREATED_AT'), EXPLORER);
          const found = rows.map(({ sessionId }) => sessionId).sort();
          expect(found).toEqual(
            SESSIONS.filter((session) => admitsSession(filter, session))
              .map(({ sessionId }) => sessionId)
              .sort(),
          );
        }),
        seeded(300),
      );
    });

    test('payments', async () => {
      await fc.assert(
        fc.asyncProperty(paymentFilter, async (filter) => {
          const { rows } = await reads.payments(everything(filter, 'CREATED_AT'), EXPLORER);
          expect(rows.map(({ paymentId }) => paymentId).sort()).toEqual(
            PAYMENTS.filter((payment) => admitsPayment(filter, payment))
              .map(({ paymentId }) => paymentId)
              .sort(),
          );
        }),
        seeded(200),
      );
    });

    test('the journal', async () => {
      await fc.assert(
        fc.asyncProperty(callbackFilter, async (filter) => {
          const { rows } = await reads.callbacks(everything(filter, 'POSITION'), EXPLORER);
          expect(rows.map(({ position }) => position)).toEqual(
            ROWS_OF_JOURNAL.filter((row) => admitsCallback(filter, row)).map(({ position }) => position),
          );
        }),
        seeded(200),
      );
    });
  });
});
