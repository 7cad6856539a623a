import { createHmac } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import { TokenExpiredError } from '../../src/viewers/token-expired.ts';
import { createViewerReader } from '../../src/viewers/viewer-reader.ts';
import {
  AUDIENCE,
  goodClaims,
  ISSUER,
  type Issuer,
  seconds,
  startIssuer,
} from '../support/clients/issuer.ts';

const SECRET = 'a shared secret of 32 characters and more';
const OTHER_SECRET = 'another secret for the time of a rotation';

const production = {
  MODE: 'production',
  DATABASE_URL: 'postgres://localhost/none',
  CALLBACK_PATH_SECRETS: 'a-secret-of-the-path',
  JWT_ISSUER: ISSUER,
  JWT_AUDIENCE: AUDIENCE,
};

const config = (env: Readonly<Record<string, string>>) => readConfig({ ...production, ...env });
const withSecrets = (env: Readonly<Record<string, string>> = {}) =>
  createViewerReader(config({ JWT_SECRETS: `${SECRET},${OTHER_SECRET}`, ...env }));

const signed = (claims: JWTPayload = {}, secret = SECRET, alg = 'HS256') =>
  new SignJWT(goodClaims(claims)).setProtectedHeader({ alg }).sign(Buffer.from(secret));

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const refusal = { name: 'CallboardError', code: 'UNAUTHENTICATED' };

describe('explore mode', () => {
  it('takes everyone for an operator, with any header', async () => {
    const reader = createViewerReader(readConfig({}));
    expect(await reader.read(undefined)).toBe(EXPLORER);
    expect(await reader.read('Bearer nonsense')).toBe(EXPLORER);
  });
});

describe('a token signed with a shared secret', () => {
  it('names its user, and is good for either secret', async () => {
    const exp = seconds(300);
    for (const secret of [SECRET, OTHER_SECRET]) {
      expect(await withSecrets().read(`Bearer ${await signed({ exp }, secret)}`)).toEqual({
        userId: 'anna',
        paymentUserId: null,
        isOperator: false,
        readsAccounts: false,
        expiresAt: exp * 1000,
      });
    }
  });

  it('is read with Bearer in any letter case', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      expect(await withSecrets().read(`${scheme} ${await signed()}`)).toMatchObject({ userId: 'anna' });
    }
  });

  it.each([
    ['text', { scope: 'openid callboard:operator callboard:accounts' }],
    ['a list', { scp: ['callboard:operator', 'callboard:accounts'] }],
    ['a list called scope', { scope: ['callboard:operator', 'callboard:accounts'] }],
  ])('gives scopes as %s', async (_, claims) => {
    expect(await withSecrets().read(`Bearer ${await signed(claims)}`)).toMatchObject({
      isOperator: true,
      readsAccounts: true,
    });
  });

  it.each([
    'callboard:operators',
    'xcallboard:operator',
    'Callboard:Operator',
    'callboard:operator,callboard:accounts',
  ])('gives no scope by %s', async (scope) => {
    expect(await withSecrets().read(`Bearer ${await signed({ scope })}`)).toMatchObject({
      isOperator: false,
      readsAccounts: false,
    });
  });

  it('names users by the claims of the configuration', async () => {
    const reader = withSecrets({
      JWT_USER_CLAIM: 'https://bank.example/user',
      JWT_PAYMENT_USER_CLAIM: 'payer',
    });
    const token = await signed({ 'https://bank.example/user': 7, payer: 'p-1' });
    expect(await reader.read(`Bearer ${token}`)).toMatchObject({ userId: '7', paymentUserId: 'p-1' });
  });

  it.each([[''], [null], [true], [{ id: 'anna' }], [['anna']], [1.5], [2 ** 53]])(
    'names nobody by %j',
    async (sub) => {
      const token = await new SignJWT({ ...goodClaims(), sub: undefined, who: sub })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(SECRET));
      const reader = withSecrets({ JWT_USER_CLAIM: 'who' });
      expect(await reader.read(`Bearer ${token}`)).toMatchObject({ userId: null });
    },
  );

  it('names nobody by what every object has', async () => {
    const reader = withSecrets({ JWT_USER_CLAIM: 'constructor' });
    expect(await reader.read(`Bearer ${await signed()}`)).toMatchObject({ userId: null });
  });

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'elsewhere' }],
    ['no audience', { aud: undefined }],
    ['no end', { exp: undefined }],
    ['a start that is far in the future', { nbf: seconds(120) }],
    ['an issue that is far in the future', { iat: seconds(120) }],
  ])('is refused with %s', async (_, claims: JWTPayload) => {
    await expect(withSecrets().read(`Bearer ${await signed(claims)}`)).rejects.toMatchObject(refusal);
  });

  it.each([{ nbf: seconds(50) }, { iat: seconds(50) }])('is good by the leeway for %j', async (claims) => {
    expect(await withSecrets().read(`Bearer ${await signed(claims)}`)).toMatchObject({ userId: 'anna' });
  });

  it('is over at its very end, without leeway, and says so', async () => {
    const exp = seconds(300);
    const token = await signed({ exp });
    const at = (now: number) =>
      createViewerReader(config({ JWT_SECRETS: SECRET }), { now: () => now }).read(`Bearer ${token}`);
    expect(await at(exp * 1000 - 1)).toMatchObject({ userId: 'anna' });
    await expect(at(exp * 1000)).rejects.toBeInstanceOf(TokenExpiredError);
    await expect(at(exp * 1000 + 3_600_000)).rejects.toBeInstanceOf(TokenExpiredError);
  });

  it('is not answered as expired when it is also bad', async () => {
    const token = await signed({ exp: seconds(-10), iss: 'https://evil.example' });
    await expect(withSecrets().read(`Bearer ${token}`)).rejects.not.toBeInstanceOf(TokenExpiredError);
  });

  it('is refused when signed with another secret, by another algorithm, or when altered', async () => {
    const [head = '', , tail = ''] = (await signed()).split('.');
    const bad = [
      await signed({}, 'somebody else’s secret of 32 characters'),
      await signed({}, SECRET, 'HS512'),
      `${head}.${part(goodClaims({ sub: 'boris' }))}.${tail}`,
      `${part({ alg: 'none' })}.${part(goodClaims())}.`,
      `${part({ alg: 'none' })}.${part(goodClaims())}.${tail}`,
      `${part({ alg: 'HS256', crit: ['exp'] })}.${part(goodClaims())}.${tail}`,
    ];
    for (const token of bad) {
      await expect(withSecrets().read(`Bearer ${token}`)).rejects.toMatchObject(refusal);
    }
  });

  it.each([
    ['nothing', undefined],
    ['no text', ''],
    ['another scheme', 'Basic YTpi'],
    ['no token', 'Bearer '],
    ['no JWT', 'Bearer a.b.c'],
    ['two parts', 'Bearer a.b'],
    ['five parts', 'Bearer a.b.c.d.e'],
    ['a megabyte', `Bearer ${'a'.repeat(1_000_000)}.b.c`],
  ])('is refused as %s', async (_, text) => {
    await expect(withSecrets().read(text)).rejects.toMatchObject(refusal);
  });

  it('is refused above 8 KiB, though it be good', async () => {
    const token = await signed({ filler: 'x'.repeat(8_000) });
    await expect(withSecrets().read(`Bearer ${token}`)).rejects.toMatchObject(refusal);
  });
});

describe('a token signed with a key of a key set', () => {
  let issuer: Issuer;
  beforeAll(async () => {
    issuer = await startIssuer();
  });
  const reader = (cooldownMs = 0) =>
    createViewerReader(config({ JWT_JWKS_URL: issuer.url }), { keySetTimes: { cooldownMs } });

  it('is good, and the keys are fetched once for many', async () => {
    const keys = reader(30_000);
    const before = issuer.fetches();
    for (let n = 0; n < 5; n += 1) {
      expect(await keys.read(`Bearer ${await issuer.sign()}`)).toMatchObject({ userId: 'anna' });
    }
    expect(issuer.fetches() - before).toBe(1);
  });

  it('is good right after a rotation, and the old ones until their key is retired', async () => {
    const keys = reader();
    const old = await issuer.sign();
    expect(await keys.read(`Bearer ${old}`)).toMatchObject({ userId: 'anna' });
    await issuer.rotate('EdDSA');
    expect(await keys.read(`Bearer ${await issuer.sign()}`)).toMatchObject({ userId: 'anna' });
    expect(await keys.read(`Bearer ${old}`)).toMatchObject({ userId: 'anna' });
    issuer.retire();
    await expect(reader().read(`Bearer ${old}`)).rejects.toMatchObject(refusal);
  });

  it('that names an unknown key is refused, and causes no fetch within the cooldown', async () => {
    const keys = reader(30_000);
    await keys.read(`Bearer ${await issuer.sign()}`);
    const before = issuer.fetches();
    for (const kid of ['one', 'two', 'three']) {
      await expect(keys.read(`Bearer ${await issuer.sign({}, { kid })}`)).rejects.toMatchObject(refusal);
    }
    expect(issuer.fetches()).toBe(before);
  });

  it('is refused when a public key was taken for a shared secret', async () => {
    await issuer.rotate('RS256');
    const pem = issuer.publicKey().export({ type: 'spki', format: 'pem' });
    const signedPart = `${part({ alg: 'HS256' })}.${part(goodClaims())}`;
    const forged = createHmac('sha256', pem).update(signedPart).digest('base64url');
    await expect(reader().read(`Bearer ${signedPart}.${forged}`)).rejects.toMatchObject(refusal);
  });

  it('is not refused but put off where the keys cannot be fetched', async () => {
    const lines: unknown[] = [];
    const keys = createViewerReader(config({ JWT_JWKS_URL: issuer.url }), {
      keySetTimes: { cooldownMs: 0 },
      log: { warn: (...line: unknown[]) => lines.push(line) },
    });
    const token = await issuer.sign();
    issuer.answer(500);
    await expect(keys.read(`Bearer ${token}`)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
    expect(lines).toHaveLength(1);
    issuer.answer(null);
    expect(await keys.read(`Bearer ${token}`)).toMatchObject({ userId: 'anna' });
    expect(lines).toHaveLength(2);

    const nobody = createViewerReader(config({ JWT_JWKS_URL: 'http://127.0.0.1:1/jwks.json' }));
    await expect(nobody.read(`Bearer ${token}`)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
