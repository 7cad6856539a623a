import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { namesId } from '../../src/callbacks/parse/names-id.ts';
import { parseApplied } from '../../src/callbacks/parse/parse.ts';
import { createFollowedStates } from '../../src/db/journal/followed-states.ts';
import { createJournal } from '../../src/db/journal/journal.ts';
import { forget } from '../../src/db/upkeep/forget.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { settleOutcomes } from '../../src/db/upkeep/recompute-outcomes.ts';
import { replay } from '../../src/db/upkeep/replay.ts';
import type { JournalPlace } from '../../src/domain/cursor.ts';
import type { Parsed } from '../../src/domain/journal/callback.ts';
import { body, bytes } from '../support/builders/samples.ts';
import { seeded } from '../support/builders/seed.ts';
import { sessionOf } from '../support/builders/states.ts';
import { closeAll } from '../support/closing.ts';
import { longOr } from '../support/long.ts';
import { DEFAULTS } from '../support/stores/memory-store.ts';
import { openRecording, type Recording, recordAgain } from '../support/stores/recording.ts';
import { eachStore } from '../support/stores/stores.ts';

afterEach(closeAll);

const SUBJECTS = 3;

/** A callback about one of a few sessions or payments. */
const callback = fc.record({
  of: fc.nat(SUBJECTS - 1),
  isPayment: fc.boolean(),
  stage: fc.constantFrom('Authentication', 'Accounts', 'Transactions', 'Unknown'),
  status: fc.constantFrom('Initiated', 'InProgress', 'Finished', 'Failed', 'AuthorizationFailed'),
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('record' as const),
      callbacks: fc.array(callback, { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('follow' as const),
      limit: fc.integer({ min: 1, max: 6 }),
      keeps: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('forget' as const), of: fc.nat(SUBJECTS - 1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constantFrom('rebuild' as const, 'expect other stages' as const, 'replay' as const),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** The parser of a later version, which has learned a stage: it has rows to replay. */
function learned(data: Uint8Array): Parsed {
  const text = new TextDecoder().decode(data);
  return parseApplied(bytes(text.replace('"Unknown"', '"AccountBalances"')));
}

let marks = 0;
function bodyOf({ of, isPayment, stage, status }: typeof callback extends fc.Arbitrary<infer V> ? V : never) {
  marks += 1;
  return isPayment
    ? body({
        ...{ marks, paymentId: `payment-${of}`, bank: { id: 'bank-75' }, user: { externalId: `u${of}` } },
        paymentStatus: status === 'Finished' ? 'Completed' : 'InProgress',
      })
    : body({ marks, sessionId: `session-${of}`, userId: `u${of}`, bankId: 'bank-75', stage, status });
}

/** An instance that publishes what it reads, held against one that knows nothing and folds each state from its first row. */
function follower({ store }: Recording) {
  const journal = createJournal({ store, parse: learned });
  let place: JournalPlace = { position: 0, fingerprint: '' };
  return {
    /** @param keeps whether it can read the rows, or only a newer version could */
    async follow(limit: number, keeps = true): Promise<number> {
      const fresh = createJournal({ store, parse: learned });
      const [known, folded] = await Promise.all([
        journal.entriesAfter(place, limit),
        fresh.entriesAfter(place, limit),
      ]);
      expect(known.entries).toEqual(folded.entries);
      for (const entry of known.entries) journal.published(keeps ? entry : { ...entry, change: null });
      place = known.entries.at(-1)?.row ?? place;
      return known.entries.length;
    },
  };
}

test('a state is given only to the row that was recorded upon it', () => {
  const states = createFollowedStates();
  const after = sessionOf({ sessionId: 'a' }, { version: 2 });
  states.keep({
    ...{ of: 'session', position: 2, kind: 'STATUS', stage: 'ACCOUNTS' },
    ...{ before: null, after, changedAt: after.updatedAt },
  });
  expect([2, 3, 4, null].map((version) => states.sessionBefore('a', version))).toEqual([
    ...[undefined, after, undefined, undefined],
  ]);
  states.drop({ sessionId: 'a', paymentId: null });
  expect(states.sessionBefore('a', 3)).toBe(undefined);
});

eachStore('an instance that follows the journal', (on) => {
  test(
    'folds each row from the state that it holds as though it had read all rows before it: through forgetting, rebuilding, replaying and other stages',
    async () => {
      const recording = await openRecording(on);
      const { store, recorder } = recording;
      let stages = DEFAULTS.expectedStages;
      const take = async (one: Step, { follow }: ReturnType<typeof follower>): Promise<void> => {
        if (one.does === 'record')
          await Promise.all(one.callbacks.map((of) => recordAgain(recording, bodyOf(of))));
        else if (one.does === 'follow') await follow(one.limit, one.keeps);
        else if (one.does === 'forget') {
          await forget(store, { kind: 'session', id: `session-${one.of}` }, namesId);
          await forget(store, { kind: 'payment', id: `payment-${one.of}` }, namesId);
        } else if (one.does === 'rebuild') await rebuild({ store, parse: learned });
        else if (one.does === 'replay') {
          for await (const _ of replay({ store, recorder, parse: learned, now: Date.now }, 'quarantined'));
        } else {
          stages = stages.length === 3 ? ['AUTHENTICATION', 'ACCOUNTS'] : DEFAULTS.expectedStages;
          await settleOutcomes(store, stages);
        }
      };
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 24 }), async (steps) => {
          await store.db.execute(sql`truncate callbacks, sessions, payments`);
          await store.db.execute(sql`update store set position = 0, lowest = 0`);
          const following = follower(recording);
          for (const one of steps) await take(one, following);
          // One that joins late, and the one that was there all along.
          const late = follower(recording);
          for (const one of [following, late]) while ((await one.follow(5)) > 0);
        }),
        { ...seeded(longOr(300, 2, 30)), endOnFailure: true },
      );
    },
    longOr(600_000, 60_000, 120_000),
  );
});
