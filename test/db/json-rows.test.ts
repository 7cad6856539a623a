import fc from 'fast-check';
import { expect, test } from 'vitest';
import { callbacks } from '../../src/db/schema.ts';
import { rowEncoder } from '../../src/db/tables/json-rows.ts';
import { codePoint } from '../support/builders/code-point.ts';

const text = fc.oneof(fc.string({ unit: codePoint }), fc.constantFrom('"', '\\', 'a\nb', 'é', '\u2028', ''));

test('what is written of a row is the JSON of its columns, for all texts, and null is left out', () => {
  const encode = rowEncoder<object>(callbacks);
  const row = fc.record({
    position: fc.integer({ min: 1 }),
    reason: fc.option(text),
    bankId: text,
    status: text,
    confirms: fc.boolean(),
    changed: fc.array(text),
    receivedAt: fc.integer({ min: 0, max: 4e12 }),
    body: fc.uint8Array(),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 4 }), (rows) => {
      const nulls = Object.fromEntries(Object.keys(callbacks).map((key) => [key, null]));
      const written: unknown = JSON.parse(encode(rows.map((one) => ({ ...nulls, ...one }))));
      expect(written).toEqual(
        rows.map(({ position, reason, bankId, status, confirms, changed, receivedAt, body }) => ({
          position,
          ...(reason === null ? {} : { reason }),
          bank_id: bankId,
          status,
          confirms,
          changed,
          received_at: new Date(receivedAt).toISOString(),
          body: `\\x${Buffer.from(body).toString('hex')}`,
        })),
      );
    }),
  );
});
