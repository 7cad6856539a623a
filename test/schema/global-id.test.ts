import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STAGE_NAMES } from '../../src/domain/words.ts';
import {
  accountGlobalId,
  bankGlobalId,
  callbackGlobalId,
  decodeGlobalId,
  paymentGlobalId,
  sessionGlobalId,
  stageGlobalId,
} from '../../src/schema/global-id.ts';
import { seeded } from '../support/builders/seed.ts';

/** Any text that the aggregator may use as an id, with colons and beyond the basic plane. */
const id = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constant('a:b:c'));

test('an id encodes the type and the aggregator’s own id, with any characters', () => {
  fc.assert(
    fc.property(id, fc.constantFrom(...STAGE_NAMES), fc.nat(), (text, name, number) => {
      expect(decodeGlobalId(sessionGlobalId(text))).toEqual({ type: 'Session', sessionId: text });
      expect(decodeGlobalId(stageGlobalId(text, name))).toEqual({ type: 'Stage', sessionId: text, name });
      expect(decodeGlobalId(accountGlobalId(text, number))).toEqual({
        type: 'Account',
        sessionId: text,
        ordinal: number,
      });
      expect(decodeGlobalId(bankGlobalId(text))).toEqual({ type: 'Bank', bankId: text });
      expect(decodeGlobalId(paymentGlobalId(text))).toEqual({ type: 'Payment', paymentId: text });
      expect(decodeGlobalId(callbackGlobalId(number))).toEqual({ type: 'Callback', position: number });
    }),
    seeded(),
  );
});

test('anything else names nothing', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const key = decodeGlobalId(text);
      // A text that decodes is the base64 of one that begins with a type's name.
      if (key !== null) expect(Buffer.from(text, 'base64').toString()).toMatch(/^[A-Z][a-z]+:/);
    }),
    seeded(),
  );
  for (const text of ['', 'Session:s1', 'U2Vzc2lvbjpzMQ', 'x'.repeat(5_000)]) {
    expect(decodeGlobalId(text)).toBeNull();
  }
});
