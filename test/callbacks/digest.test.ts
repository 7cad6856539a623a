import { describe, expect, test } from 'vitest';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import { bytes, canonicalOf, fields, fixture, sha256 } from '../support/builders/samples.ts';

const session = fields('session-status');

describe('the digest', () => {
  const digest = (text: string) => {
    const parsed = parseCallback(bytes(text));
    expect(parsed.ok).toBe(true);
    return parsed.digest;
  };
  const extra = (json: string) => `${JSON.stringify(session).slice(0, -1)},"extra":${json}}`;

  test('is that of the canonical JSON, keys sorted by code unit', () => {
    const text =
      '{"userId":"u","stage":"Accounts","status":"Failed", "sessionId":"s","bankId":7,"é":[1.50,{}],"Z":null}';
    const canonical =
      '{"Z":null,"bankId":7,"sessionId":"s","stage":"Accounts","status":"Failed","userId":"u","é":[1.5,{}]}';
    expect(digest(text)).toBe(sha256(canonical));
  });

  test('is one for two spellings of the same value', () => {
    expect(digest(extra('"\\u00e9"'))).toBe(digest(extra('"é"')));
    expect(digest(extra('1.0'))).toBe(digest(extra('1')));
    expect(digest(extra('[ 1e2, 0.10 ]'))).toBe(digest(extra('[100,0.1]')));
    expect(digest(extra('"9999999999999999999999"'))).toBe(
      sha256(canonicalOf({ ...session, extra: '9999999999999999999999' })),
    );
  });

  test.each([
    ['9007199254740993', '9007199254740992'],
    ['0.12345678901234567890', '0.12345678901234567'],
    ['1.00000000000000000001', '1'],
    ['1e400', '2e400'],
    ['1e-400', '0'],
    ['[{"a":123456789.1234567891}]', '[{"a":123456789.1234567890}]'],
  ])('differs where only digits differ that JavaScript cannot hold: %s, %s', (one, other) => {
    expect(digest(extra(one))).not.toBe(digest(extra(other)));
    expect(digest(extra(one))).toBe(sha256(extra(one)));
  });

  test('is not misled by numbers and quotes inside text', () => {
    const awkward = { ...session, extra: ['\\', '"1e400', '\\"12345678901234567890', 5] };
    expect(digest(JSON.stringify(awkward, null, 2))).toBe(sha256(canonicalOf(awkward)));
  });

  test('differs for pages that differ only in account or transaction status', () => {
    const digests = ['transactions-page', 'transactions-page-pending', 'transactions-page-other-account'].map(
      (name) => parseCallback(fixture(name)).digest,
    );
    expect(new Set(digests).size).toBe(3);
  });
});
