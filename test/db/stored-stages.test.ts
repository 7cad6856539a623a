import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStages, writeStages } from '../../src/db/tables/stored-stages.ts';
import type { Attempt, StageState } from '../../src/domain/session/session.ts';
import { NOT_YET, type Stages } from '../../src/domain/session/stages.ts';
import { STAGE_STATUSES } from '../../src/domain/words.ts';

const instant = fc.integer({ min: 0, max: 4e12 });
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const progress = fc.record({
  done: fc.nat(),
  total: fc.nat(),
  unit: orNull(fc.constantFrom('ACCOUNTS' as const, 'TRANSACTIONS' as const)),
});
const attempt: fc.Arbitrary<Attempt> = fc.record({
  number: fc.integer({ min: 1 }),
  facts: fc.uniqueArray(fc.constantFrom(...STAGE_STATUSES), { minLength: 1 }),
  progress: orNull(progress),
  endProgress: orNull(progress),
  startedAt: instant,
  lastFactAt: instant,
  finishedAt: orNull(instant),
  terminalAt: orNull(instant),
});
const past = fc.record({
  number: fc.integer({ min: 1 }),
  status: fc.constantFrom(...STAGE_STATUSES),
  conflict: fc.boolean(),
  startedAt: instant,
  finishedAt: orNull(instant),
});
const stage: fc.Arbitrary<StageState> = fc.oneof(
  fc.constant(NOT_YET),
  fc.record({
    shown: orNull(attempt),
    suspected: orNull(attempt),
    past: fc.array(past, { maxLength: 2 }),
    next: fc.integer({ min: 1, max: 3 }),
    putBackAt: orNull(instant),
    passed: fc.boolean(),
    version: fc.nat(3),
    updatedAt: orNull(instant),
  }),
);
const stages: fc.Arbitrary<Stages> = fc.record({
  AUTHENTICATION: stage,
  ACCOUNTS: stage,
  ACCOUNT_BALANCES: stage,
  TRANSACTIONS: stage,
  TRANSACTION_DETAILS: stage,
});

test('all stages are read as they were written', () => {
  fc.assert(
    fc.property(stages, (held) => {
      expect(readStages(JSON.parse(writeStages(held)))).toEqual(held);
    }),
  );
});

test('stages that were stored with all their members are read the same, and written in the short form', () => {
  fc.assert(
    fc.property(stages, (held) => {
      const read = readStages(JSON.parse(JSON.stringify(held)));
      expect(read).toEqual(held);
      expect(writeStages(read)).toBe(writeStages(held));
    }),
  );
});

test('a stage of which nothing was received takes no bytes', () => {
  const none = {
    AUTHENTICATION: NOT_YET,
    ACCOUNTS: { ...NOT_YET },
    ACCOUNT_BALANCES: NOT_YET,
    TRANSACTIONS: NOT_YET,
    TRANSACTION_DETAILS: NOT_YET,
  };
  expect(writeStages(none)).toBe('{}');
});
