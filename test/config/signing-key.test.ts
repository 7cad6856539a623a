import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/faults.ts';

const keysOf = (text: string) => readConfig({ CALLBACK_SIGNING_KEYS: text }).callback.signingKeys;
const shared = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

describe('a signing key', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const publicText = `whpk_${publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;

  test('is read once, with the configuration: shared or public', () => {
    const keys = keysOf([shared(24), publicText, shared(64)].join(', '));
    expect(keys.map(({ kind }) => kind)).toEqual(['hmac', 'ed25519', 'hmac']);
    expect(keys[1]?.key.equals(publicKey)).toBe(true);
    expect(keys[2]?.key.export()).toEqual(Buffer.alloc(64, 7));
  });

  test.each([
    ['without its prefix', Buffer.alloc(32, 7).toString('base64')],
    ['not base64', 'whsec_not*base64*at*all*not*base64*at*all*'],
    ['not padded', shared(25).replace(/=+$/, '')],
    ['empty', 'whsec_'],
    ['too short', shared(23)],
    ['too long', shared(65)],
    ['a public key of another length', `whpk_${Buffer.alloc(33, 7).toString('base64')}`],
    ['a public key that is not base64', `whpk_${'*'.repeat(43)}`],
    [
      'the private key',
      `whsk_${privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('base64')}`,
    ],
  ])('that is %s is refused with what is allowed, and is not repeated', (_, text) => {
    const reading = () => keysOf(text);
    expect(reading).toThrow(ConfigError);
    expect(reading).toThrow(
      /CALLBACK_SIGNING_KEYS: entry 1 cannot be used; it must be .*whsec_.*24 to 64 bytes.*whpk_/,
    );
    const rest = text.replace(/^wh[a-z]+_/, '');
    if (rest !== '') expect(reading).not.toThrow(rest);
  });

  test.each(['', ' ', ','])('may be missing, but a list of nothing is no list: %j', (text) => {
    if (text.trim() === '') expect(keysOf(text)).toEqual([]);
    else expect(() => keysOf(text)).toThrow(ConfigError);
  });
});
