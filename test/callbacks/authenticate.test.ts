import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import {
  type Authentication,
  type AuthenticatorOptions,
  type CredentialsInHead,
  createAuthenticator,
} from '../../src/callbacks/authenticate/authenticator.ts';
import { readSigningKey, type SigningKey } from '../../src/config/signing-key.ts';
import { seeded } from '../support/builders/seed.ts';

const NOW = 1_795_000_000;
const BODY = Buffer.from('{"sessionId":"s-1","note":"€"}');
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

function keyOf(text: string): SigningKey {
  const key = readSigningKey(text);
  if (key === undefined) throw new Error('not a signing key');
  return key;
}

/** An authenticator of these ways alone, whose clock stands at NOW seconds. */
function authenticator(options: Partial<AuthenticatorOptions>) {
  const authenticate = createAuthenticator({
    signingKeys: [],
    header: { name: 'authorization', secrets: [] },
    pathSecrets: [],
    toleranceMs: 300_000,
    now: () => NOW * 1000,
    ...options,
  });
  return ({ body, ...head }: CredentialsInHead & { readonly body: Uint8Array }): Authentication => {
    const result = authenticate(head);
    return typeof result === 'function' ? result(body) : result;
  };
}

function signedBy(...keys: string[]) {
  return authenticator({ signingKeys: keys.map(keyOf) });
}

interface Signed {
  id: string;
  timestamp: string;
  signature: string;
  body: Uint8Array;
}

/** A callback signed with a shared secret, as the specification writes it. */
function hmacSigned(secret: string, change: Partial<Signed> = {}): Signed {
  const { id = 'msg_1', timestamp = String(NOW), body = BODY } = change;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return { id, timestamp, body, signature: `v1,${mac}` };
}

function newKeyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { privateKey, publicText: `whpk_${point.toString('base64')}` };
}

function ed25519Signed(privateKey: KeyObject): Signed {
  const content = Buffer.concat([Buffer.from(`msg_1.${NOW}.`), BODY]);
  const signature = `v1a,${sign(null, content, privateKey).toString('base64')}`;
  return { id: 'msg_1', timestamp: String(NOW), body: BODY, signature };
}

function sent({ id, timestamp, signature, body }: Signed) {
  return {
    headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
    pathSecret: null,
    body,
  };
}

const REFUSED = { ok: false };
const VERIFIED = { ok: true, webhookId: 'msg_1' };
const UNSIGNED = { ok: true, webhookId: null };

describe('Standard Webhooks', () => {
  test('the official test vector is verified', () => {
    const check = authenticator({
      signingKeys: [keyOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
      now: () => 1_614_265_330_000,
    });
    const vector = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: '1614265330',
      signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      body: Buffer.from('{"test": 2432232314}'),
    };
    expect(check(sent(vector))).toEqual({ ok: true, webhookId: vector.id });
  });

  test("the library's signatures are verified by ours", () => {
    const secret = newSecret();
    const signature = new Webhook(secret).sign('msg_1', new Date(NOW * 1000), BODY.toString());
    expect(signedBy(secret)(sent({ ...hmacSigned(secret), signature }))).toEqual(VERIFIED);
  });

  test('what ours verifies is verified by the library', () => {
    const secret = newSecret();
    const now = Math.floor(Date.now() / 1000);
    const { id, timestamp, signature } = hmacSigned(secret, { timestamp: String(now) });
    const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
    expect(new Webhook(secret).verify(BODY, headers)).toEqual(JSON.parse(BODY.toString()));
    const check = authenticator({ signingKeys: [keyOf(secret)], now: () => now * 1000 });
    expect(check({ headers, pathSecret: null, body: BODY })).toEqual(VERIFIED);
  });

  test('an Ed25519 signature (v1a) is verified with the public key', () => {
    const { privateKey, publicText } = newKeyPair();
    expect(signedBy(publicText)(sent(ed25519Signed(privateKey)))).toEqual(VERIFIED);
    expect(signedBy(newKeyPair().publicText)(sent(ed25519Signed(privateKey)))).toEqual(REFUSED);
  });

  test('the raw bytes are verified, not their text', () => {
    const secret = newSecret();
    const invalid = hmacSigned(secret, { body: new Uint8Array([0xff, 0xfe, 0x00]) });
    expect(signedBy(secret)(sent(invalid))).toEqual(VERIFIED);
    // Decoded, these bytes would be the same text as those signed.
    expect(signedBy(secret)(sent({ ...invalid, body: new Uint8Array([0xfe, 0xff, 0x00]) }))).toEqual(REFUSED);
  });

  test('every one-bit flip of id, timestamp and signature is refused, with either kind of key', () => {
    const secret = newSecret();
    const { privateKey, publicText } = newKeyPair();
    const check = signedBy(secret, publicText);
    for (const good of [hmacSigned(secret), ed25519Signed(privateKey)]) {
      for (const field of ['id', 'timestamp', 'signature'] as const) {
        const bytes = Buffer.from(good[field], 'latin1');
        for (let bit = 0; bit < bytes.length * 8; bit += 1) {
          const flipped = Buffer.from(bytes);
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(check(sent({ ...good, [field]: flipped.toString('latin1') }))).toEqual(REFUSED);
        }
      }
    }
  });

  test('every one-bit flip of the body is refused, with either kind of key', () => {
    const secret = newSecret();
    const { privateKey, publicText } = newKeyPair();
    const check = signedBy(secret, publicText);
    for (const good of [hmacSigned(secret), ed25519Signed(privateKey)]) {
      for (let bit = 0; bit < BODY.length * 8; bit += 1) {
        const body = Buffer.from(BODY);
        body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(check(sent({ ...good, body }))).toEqual(REFUSED);
      }
    }
  });

  test.each([
    [-299, VERIFIED],
    [299, VERIFIED],
    [-301, REFUSED],
    [301, REFUSED],
  ])('a timestamp %i s from now: %j', (seconds, answer) => {
    const secret = newSecret();
    expect(signedBy(secret)(sent(hmacSigned(secret, { timestamp: String(NOW + seconds) })))).toEqual(answer);
  });

  test.each([
    '123abc',
    '',
    ' 1795000000',
    '1795000000 ',
    '+1795000000',
    '1795000000.0',
    '1.795e9',
    '0x6afd0840',
    '01795000000',
    '1795000000\n',
    '-1',
    'NaN',
    '١٧٩٥٠٠٠٠٠٠',
  ])('the timestamp %j is refused though it was signed', (timestamp) => {
    const secret = newSecret();
    expect(signedBy(secret)(sent(hmacSigned(secret, { timestamp })))).toEqual(REFUSED);
  });

  test.each(['', 'a.b', 'a b', 'é', 'a\n', 'x'.repeat(129)])(
    'the id %j is refused though it was signed',
    (id) => {
      const secret = newSecret();
      expect(signedBy(secret)(sent(hmacSigned(secret, { id })))).toEqual(REFUSED);
    },
  );

  test('an id of 128 characters is accepted', () => {
    const secret = newSecret();
    const id = `${'x'.repeat(125)}_-9`;
    expect(signedBy(secret)(sent(hmacSigned(secret, { id })))).toEqual({ ok: true, webhookId: id });
  });

  test('a full stop cannot move between id, timestamp and body', () => {
    const secret = newSecret();
    const signed = hmacSigned(secret, { id: 'msg', body: Buffer.from(`${NOW}.{}`) });
    expect(signedBy(secret)(sent({ ...signed, id: `msg.${NOW}`, body: Buffer.from('{}') }))).toEqual(REFUSED);
  });

  test('of up to 8 signatures one suffices; with 9 the callback is refused', () => {
    const secret = newSecret();
    const good = hmacSigned(secret);
    const wrong = hmacSigned(newSecret()).signature;
    const eight = [...Array(7).fill(wrong), good.signature].join(' ');
    expect(signedBy(secret)(sent({ ...good, signature: eight }))).toEqual(VERIFIED);
    expect(signedBy(secret)(sent({ ...good, signature: `${good.signature} ${eight}` }))).toEqual(REFUSED);
  });

  test('either of two keys of each kind verifies, beside signatures of other versions', () => {
    const [older, newer] = [newSecret(), newSecret()];
    const [olderPair, newerPair] = [newKeyPair(), newKeyPair()];
    const check = signedBy(older, newer, olderPair.publicText, newerPair.publicText);
    for (const signed of [
      hmacSigned(older),
      hmacSigned(newer),
      ed25519Signed(olderPair.privateKey),
      ed25519Signed(newerPair.privateKey),
    ]) {
      expect(check(sent({ ...signed, signature: `v2,abc ${signed.signature}` }))).toEqual(VERIFIED);
    }
    expect(check(sent(hmacSigned(newSecret())))).toEqual(REFUSED);
  });

  test('a signature counts only under its own version', () => {
    const secret = newSecret();
    const { privateKey, publicText } = newKeyPair();
    const shared = hmacSigned(secret);
    const asymmetric = ed25519Signed(privateKey);
    const check = signedBy(secret, publicText);
    expect(check(sent({ ...shared, signature: shared.signature.replace('v1,', 'v1a,') }))).toEqual(REFUSED);
    expect(check(sent({ ...asymmetric, signature: asymmetric.signature.replace('v1a,', 'v1,') }))).toEqual(
      REFUSED,
    );
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s it is refused', (name) => {
    const secret = newSecret();
    const { headers, ...rest } = sent(hmacSigned(secret));
    expect(signedBy(secret)({ ...rest, headers: { ...headers, [name]: undefined } })).toEqual(REFUSED);
  });
});

describe('secrets', () => {
  const header = { name: 'X-Callback-Secret', secrets: ['older secret', 'newer €'] };
  const bare = { pathSecret: null, body: BODY };

  test.each([
    ['older secret', UNSIGNED],
    [Buffer.from('newer €').toString('latin1'), UNSIGNED],
    ['older secre', REFUSED],
    ['older secret ', REFUSED],
    ['', REFUSED],
    [undefined, REFUSED],
  ])('the header %j: %j', (value, answer) => {
    expect(authenticator({ header })({ ...bare, headers: { 'x-callback-secret': value } })).toEqual(answer);
  });

  test.each([
    ['one', UNSIGNED],
    ['two', UNSIGNED],
    ['three', REFUSED],
    ['', REFUSED],
    [null, REFUSED],
  ])('the path secret %j: %j', (pathSecret, answer) => {
    expect(authenticator({ pathSecrets: ['one', 'two'] })({ headers: {}, pathSecret, body: BODY })).toEqual(
      answer,
    );
  });

  test('any one configured way suffices, and only a verified signature gives a webhook-id', () => {
    const secret = newSecret();
    const check = authenticator({
      signingKeys: [keyOf(secret)],
      header: { name: 'authorization', secrets: ['h'] },
      pathSecrets: ['p'],
    });
    const good = sent(hmacSigned(secret));
    const forged = sent({ ...hmacSigned(secret), id: 'msg_2' });
    expect(check(good)).toEqual(VERIFIED);
    expect(check({ ...good, headers: { ...good.headers, authorization: 'wrong' } })).toEqual(VERIFIED);
    expect(check({ ...forged, headers: { ...forged.headers, authorization: 'h' } })).toEqual(UNSIGNED);
    expect(check({ ...forged, pathSecret: 'p' })).toEqual(UNSIGNED);
    expect(check(forged)).toEqual(REFUSED);
    expect(check({ headers: {}, ...bare })).toEqual(REFUSED);
  });

  test('a way that is not configured admits nobody', () => {
    const check = authenticator({ pathSecrets: ['p'] });
    expect(check({ ...bare, headers: { authorization: '' } })).toEqual(REFUSED);
    expect(check(sent(hmacSigned(newSecret())))).toEqual(REFUSED);
  });

  test('with nothing configured everything is authentic, and no webhook-id counts', () => {
    expect(authenticator({})(sent(hmacSigned(newSecret())))).toEqual(UNSIGNED);
    expect(authenticator({})({ headers: {}, pathSecret: 'x', body: new Uint8Array() })).toEqual(UNSIGNED);
  });

  test('no headers of any kind make it throw or pass', () => {
    const check = authenticator({
      signingKeys: [keyOf(newSecret()), keyOf(newKeyPair().publicText)],
      header: { name: 'authorization', secrets: ['h3ader-secret'] },
      pathSecrets: ['p4th-secret'],
    });
    const part = fc.oneof(fc.string(), fc.base64String({ maxLength: 100 }), fc.constant(undefined));
    const signature = fc.tuple(
      fc.constantFrom('v1,', 'v1a,', ''),
      fc.base64String({ minLength: 80, maxLength: 96 }),
    );
    fc.assert(
      fc.property(part, part, fc.array(signature), fc.uint8Array(), (id, authorization, signatures, body) => {
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': String(NOW),
          'webhook-signature': signatures.map((one) => one.join('')).join(' '),
          authorization,
        };
        expect(check({ headers, pathSecret: id ?? null, body })).toEqual(REFUSED);
      }),
      seeded(),
    );
  });
});
