import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseInstant } from '../../src/schema/instant.ts';
import { seeded } from '../support/builders/seed.ts';

test('what the graph writes, it reads', () => {
  const dates = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(dates, (date) => {
      expect(parseInstant(date.toISOString())).toBe(date.getTime());
    }),
    seeded(),
  );
});

test.each([
  ['2026-11-22T11:57:00Z', '2026-11-22T11:57:00.000Z'],
  ['2026-11-22t11:57:00.1z', '2026-11-22T11:57:00.100Z'],
  ['2026-11-22T11:57:00.123999Z', '2026-11-22T11:57:00.123Z'],
  ['2026-11-22T11:57:00+01:30', '2026-11-22T10:27:00.000Z'],
  ['2026-11-22T23:57:00-00:30', '2026-11-23T00:27:00.000Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
])('%s is %s', (text, instant) => {
  expect(parseInstant(text)).toBe(Date.parse(instant));
});

test.each([
  '',
  '2026-11-22',
  '2026-11-22T11:57:00',
  '2026-11-22 11:57:00Z',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-11-22T24:00:00Z',
  '2026-11-22T11:60:00Z',
  '2026-11-22T11:57:00+24:00',
  '1763812620000',
  'now',
])('%j is no instant', (text) => {
  expect(parseInstant(text)).toBeNull();
});
