import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReported } from '../../src/callbacks/parse/claims.ts';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import type { Json } from '../../src/domain/journal/callback.ts';
import { codePoint } from '../support/builders/code-point.ts';
import { body, bytes, canonicalOf, fields, sha256 } from '../support/builders/samples.ts';
import { seeded } from '../support/builders/seed.ts';

const session = fields('session-status');
const accounts = fields('session-accounts');
const page = fields('transactions-page');
const payment = fields('payment');

/** The same value with every object's keys in another order, drawn from the numbers given. */
function shuffled(value: Json, draw: () => number): Json {
  if (Array.isArray(value)) return value.map((member) => shuffled(member, draw));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, member]) => ({
    at: draw(),
    entry: [key, shuffled(member, draw)] as const,
  }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ entry }) => entry));
}

describe('for any bytes', () => {
  const samples = [session, accounts, page, payment];
  const anyId = fc.oneof(fc.string(), fc.integer(), fc.jsonValue());
  const names = Object.keys({ ...session, ...page, ...payment, progress: 1, toString: 1 });

  const text = fc.string({ unit: 'grapheme', maxLength: 8 });
  /** JSON whose numbers are all held to their last digit. */
  const { held } = fc.letrec<{ held: Json }>((tie) => ({
    held: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        fc.constant(null),
        fc.boolean(),
        text,
        fc.maxSafeInteger(),
        fc.integer().map((cents) => cents / 100),
      ),
      fc.array(tie('held'), { maxLength: 4 }),
      fc.dictionary(text, tie('held'), { maxKeys: 4 }),
    ),
  }));

  test('parsing never throws on any bytes, and the digest is that of the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const parsed = parseCallback(data);
        readReported(data);
        expect(parsed.digest).toBe(sha256(data));
      }),
      seeded(1000),
    );
  });

  test('parsing never throws on any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, stringUnit: codePoint }), (text) => {
        expect(parseCallback(bytes(text)).ok).toBe(false);
        readReported(bytes(text));
      }),
      seeded(1000),
    );
  });

  test('parsing never throws on damaged samples, and a fault names its field and can be stored', () => {
    const damage = fc.dictionary(fc.constantFrom(...names), anyId, { maxKeys: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...samples), damage, (sample, fault) => {
        const data = body({ ...sample, ...fault });
        const parsed = parseCallback(data);
        if (parsed.ok) return;
        expect(parsed.fault.reason).toMatch(/^[a-zA-Z0-9.]+: ./);
        expect(parsed.fault.path).toMatch(/^(\/.*)?$/s);
        const kept = JSON.stringify([parsed.fault, parsed.reported]);
        expect(kept).not.toMatch(/\\u0000|\\ud[89a-f]/);
      }),
      seeded(2000),
    );
  });

  test('any truncation of a sample is quarantined', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(2000), (sample, length) => {
        const whole = body(sample);
        expect(parseCallback(whole.slice(0, length % whole.length)).ok).toBe(false);
      }),
      seeded(),
    );
  });

  test('the digest is independent of the order of keys and of blanks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.dictionary(text, held, { maxKeys: 5 }),
        fc.infiniteStream(fc.nat(1000)),
        fc.constantFrom('', ' ', '\t', '\r\n'),
        (sample, unknown, order, blank) => {
          const value = { ...sample, unknown };
          const first = parseCallback(body(value));
          const draw = () => order.next().value;
          const second = parseCallback(
            bytes(blank + JSON.stringify(shuffled(value, draw), null, blank) + blank),
          );
          if (first.ok) expect(second).toEqual(first);
          else expect(second.ok).toBe(false);
        },
      ),
      seeded(1000),
    );
  });

  test('two values have one digest exactly where they are equal', () => {
    fc.assert(
      fc.property(held, held, (one, other) => {
        const [first, second] = [one, other].map(
          (unknown) => parseCallback(body({ ...session, unknown })).digest,
        );
        // Through JSON and back: -0 is written as 0.
        const [a, b] = [one, other].map((value) => canonicalOf(JSON.parse(JSON.stringify(value))));
        expect(first === second).toBe(a === b);
      }),
      seeded(),
    );
  });
});
