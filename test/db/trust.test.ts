import { expect, test } from 'vitest';
import { createTrust } from '../../src/db/record/trust.ts';

/** Of so many batches those that were allowed, each of which fails. */
function failing(batches: number): number[] {
  const trust = createTrust();
  const allowed: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    if (!trust.allows(true)) continue;
    allowed.push(batch);
    trust.learn(true, false);
  }
  return allowed;
}

test('after each failure in a row twice as many batches go without, and never more than 32', () => {
  expect(failing(140)).toEqual([0, 2, 5, 10, 19, 36, 69, 102, 135]);
});

test('one success makes up for all failures', () => {
  const trust = createTrust();
  trust.learn(true, false);
  trust.learn(true, false);
  trust.learn(true, true);
  expect([trust.allows(true), trust.allows(true)]).toEqual([true, true]);
});

test('a batch without a new session does not pay for those that have one', () => {
  const trust = createTrust();
  trust.learn(true, false);
  expect([trust.allows(false), trust.allows(true), trust.allows(true)]).toEqual([true, false, true]);
});
