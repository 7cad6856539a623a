import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseSigningKey } from '../../src/callbacks/authenticate/signing-key.ts';
import { CallboardError } from '../../src/errors.ts';

describe('a signing key', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  const publicText = `whpk_${publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;

  test('is read padded or not', () => {
    expect(parseSigningKey(`whsec_${Buffer.alloc(25).toString('base64')}`).kind).toBe('hmac');
    expect(parseSigningKey(`whsec_${Buffer.alloc(64).toString('base64').replace(/=+$/, '')}`).kind).toBe(
      'hmac',
    );
    expect(parseSigningKey(publicText).kind).toBe('ed25519');
    expect(parseSigningKey(publicText.replace(/=+$/, '')).kind).toBe('ed25519');
  });

  test.each([
    ['nothing', '', /must be `whsec_`/],
    ['without its prefix', Buffer.alloc(32, 7).toString('base64'), /must be `whsec_`/],
    ['not base64', 'whsec_not*base64*at*all*not*base64*at*all*', /must go on in base64/],
    ['empty', 'whsec_', /24 to 64 bytes/],
    ['too short', `whsec_${Buffer.alloc(23, 7).toString('base64')}`, /24 to 64 bytes/],
    ['too long', `whsec_${Buffer.alloc(65, 7).toString('base64')}`, /24 to 64 bytes/],
    ['a public key of another length', `whpk_${Buffer.alloc(33, 7).toString('base64')}`, /32 bytes/],
    ['a public key that is not base64', `whpk_${'*'.repeat(43)}`, /32 bytes/],
    ['the private key', `whsk_${Buffer.alloc(64, 7).toString('base64')}`, /public key `whpk_…`/],
  ])('that is %s is refused with what is allowed, and is not repeated', (_, text, message) => {
    const parsing = () => parseSigningKey(text);
    expect(parsing).toThrow(CallboardError);
    expect(parsing).toThrow(message);
    const rest = text.replace(/^wh[a-z]+_/, '');
    if (rest !== '') expect(parsing).not.toThrow(rest);
  });
});
