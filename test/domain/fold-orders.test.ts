import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/domain/session/session.ts';
import { stageView } from '../../src/domain/session/stage-view.ts';
import { rank } from '../../src/domain/status.ts';
import { STAGE_NAMES } from '../../src/domain/words.ts';
import {
  disordered,
  type History,
  history,
  permutations,
  type Wire,
  withoutReauthentication,
} from '../support/builders/histories.ts';
import { seeded } from '../support/builders/seed.ts';
import { factsOf, visible } from '../support/builders/visible.ts';
import { longOr } from '../support/long.ts';
import { createMemoryStore, deliveryOf } from '../support/stores/memory-store.ts';

const START = Date.UTC(2026, 0, 1);
/** 300 callbacks this far apart are all within the quiet time of 30 s. */
const APART_MS = 50;
const PATIENCE_MS = longOr(900_000, 30_000);

/** The session that these callbacks come to, recorded in batches of the given sizes (one after another if none). */
function fold(sent: readonly Wire[], sizes: readonly number[] = [sent.length]): Session {
  const store = createMemoryStore();
  const deliveries = sent.map((wire, index) => deliveryOf(wire, START + index * APART_MS));
  let from = 0;
  for (const size of [...sizes, sent.length]) {
    const batch = deliveries.slice(from, from + size);
    if (batch.length > 0) store.apply(batch);
    from += size;
  }
  const session = store.sessions.get('session-1');
  if (session === undefined) throw new Error('no session came of it');
  return session;
}

const disorder = history.chain((happened) => fc.tuple(fc.constant(happened), disordered(happened)));
const short = history.filter(({ callbacks }) => callbacks.length >= 2 && callbacks.length <= 7);

describe('in any order', () => {
  test(
    'a shuffled, tripled history without some of its non-terminals comes to the same state',
    () => {
      fc.assert(
        fc.property(
          disorder,
          fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }),
          ([happened, sent], sizes) => {
            expect(visible(fold(sent, sizes))).toEqual(
              visible(fold(withoutReauthentication(happened.callbacks))),
            );
          },
        ),
        seeded(longOr(5_000, 150, 500)),
      );
    },
    PATIENCE_MS,
  );

  test(
    'every permutation of a history of up to seven callbacks comes to the same state and the same facts',
    () => {
      fc.assert(fc.property(short, everyPermutationIsTheSame), seeded(longOr(300, 8, 30)));
    },
    PATIENCE_MS,
  );

  test(
    'a stage never goes back within an attempt',
    () => {
      fc.assert(
        fc.property(disorder, ([, sent]) => {
          const store = createMemoryStore();
          let before: Session | undefined;
          sent.forEach((wire, index) => {
            store.apply([deliveryOf(wire, START + index * APART_MS)]);
            const after = store.sessions.get('session-1');
            if (before !== undefined && after !== undefined) expectNoStepBack(before, after);
            before = after;
          });
        }),
        seeded(longOr(5_000, 100, 500)),
      );
    },
    PATIENCE_MS,
  );
});

function everyPermutationIsTheSame({ callbacks }: History): void {
  const expected = asText(withoutReauthentication(callbacks));
  for (const shuffled of permutations(callbacks)) {
    const order = withoutReauthentication(shuffled);
    // Compared as text first: a matcher for each of 5,040 orders would take most of the time.
    if (asText(order) !== expected) expect(asText(order)).toBe(expected);
  }
}

function asText(sent: readonly Wire[]): string {
  const session = fold(sent);
  return JSON.stringify([visible(session), factsOf(session)]);
}

function expectNoStepBack(before: Session, after: Session): void {
  expect(after.version - before.version).toBeOneOf([0, 1]);
  for (const name of STAGE_NAMES) {
    const [was, is] = [stageView(before, name), stageView(after, name)];
    if (was.status === null) continue;
    expect(is.attempt).toBe(was.attempt);
    expect(is.status === null ? -1 : rank(is.status)).toBeGreaterThanOrEqual(rank(was.status));
  }
}
