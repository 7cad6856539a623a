import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskNumber } from '../../src/domain/mask-number.ts';
import { seeded } from '../support/builders/seed.ts';

test.each([
  ['BE2345', 'BE••45'],
  ['BE71096123456769', 'BE••••••••••••69'],
  ['12345', '12•45'],
  ['1234', '••••'],
  ['1', '•'],
])('%s is shown as %s', (number, masked) => {
  expect(maskNumber(number)).toBe(masked);
});

test('never shows more than two characters at either end', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (number) => {
      const hidden = Array.from(maskNumber(number)).slice(2, -2);
      expect(hidden.every((character) => character === '•')).toBe(true);
    }),
    seeded(),
  );
});
