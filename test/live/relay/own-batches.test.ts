import { expect, it } from 'vitest';
import { createOwnBatches } from '../../../src/live/relay/own-batches.ts';
import { entryOf } from '../../support/builders/entries.ts';

const batch = (...positions: number[]) => positions.map((position) => entryOf(position, null));

it('a batch is known by its last position, while it is in flight and after its COMMIT', () => {
  const own = createOwnBatches();
  const entries = batch(1, 2, 3);
  own.begin(entries);
  expect([2, 3, 4].map(own.hasEndAt)).toEqual([false, true, false]);
  own.committed(entries);
  expect([2, 3, 4].map(own.hasEndAt)).toEqual([false, true, false]);
});

it('a batch that failed is not known any more: where it was committed after all, it is read', () => {
  const own = createOwnBatches();
  const [lost, other] = [batch(1, 2), batch(3)];
  own.begin(lost);
  own.begin(other);
  own.abandoned(lost);
  expect([own.hasEndAt(2), own.hasEndAt(3)]).toEqual([false, true]);
});

it('only the last 128 committed batches are kept', () => {
  const own = createOwnBatches();
  for (let position = 1; position <= 1_000; position += 1) {
    const entries = batch(position);
    own.begin(entries);
    own.committed(entries);
  }
  const known = Array.from({ length: 1_001 }, (_, position) => position).filter(own.hasEndAt);
  expect([known.length, known[0], known.at(-1)]).toEqual([128, 873, 1_000]);
});

it('a replaced history takes what was committed, and leaves what is in flight', () => {
  const own = createOwnBatches();
  const [done, inFlight] = [batch(1), batch(2)];
  own.begin(done);
  own.committed(done);
  own.begin(inFlight);
  own.clear();
  expect([own.hasEndAt(1), own.hasEndAt(2)]).toEqual([false, true]);
});
