import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { closeLater } from './closing.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'callboard';

/** An issuer of tokens on this machine, with a key set that is served over HTTP. */
export interface Issuer {
  /** Of the key set. */
  readonly url: string;
  /** How often the key set was fetched. */
  fetches(): number;
  /** What is answered instead of the key set; null serves it again. */
  answer(status: number | null): void;
  /** Adds a key to the set; the newest signs. */
  rotate(algorithm?: 'RS256' | 'EdDSA'): Promise<void>;
  /** Takes all but the newest key out of the set. */
  retire(): void;
  /** Signs with the newest key: good for five minutes unless the claims say otherwise. */
  sign(claims?: JWTPayload, header?: { readonly kid?: string }): Promise<string>;
  /** The newest key's public half. */
  publicKey(): KeyObject;
}

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JWK;
}

/** Seconds since 1970, as claims have it. */
export function seconds(fromNow = 0): number {
  return Math.floor(Date.now() / 1000) + fromNow;
}

/** Claims of a good token. */
export function goodClaims(claims: JWTPayload = {}): JWTPayload {
  return { iss: ISSUER, aud: AUDIENCE, sub: 'anna', exp: seconds(300), ...claims };
}

export async function startIssuer(): Promise<Issuer> {
  const keys: Key[] = [];
  let fetches = 0;
  let broken: number | null = null;
  const server = createServer((_req, res) => {
    fetches += 1;
    res.writeHead(broken ?? 200, { 'content-type': 'application/json', connection: 'close' });
    res.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeLater(async () => {
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the issuer listens nowhere');

  const newest = (): Key => {
    const key = keys.at(-1);
    if (key === undefined) throw new Error('the issuer has no key');
    return key;
  };
  const issuer: Issuer = {
    url: `http://127.0.0.1:${address.port}/jwks.json`,
    fetches: () => fetches,
    answer(status) {
      broken = status;
    },
    async rotate(alg = 'RS256') {
      const { privateKey, publicKey } =
        alg === 'RS256'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ed25519');
      const kid = randomUUID();
      const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
      keys.push({ kid, alg, privateKey, publicKey, jwk });
    },
    retire() {
      keys.splice(0, keys.length - 1);
    },
    sign(claims = {}, header = {}) {
      const { kid, alg, privateKey } = newest();
      return new SignJWT(goodClaims(claims)).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
    },
    publicKey: () => newest().publicKey,
  };
  await issuer.rotate();
  return issuer;
}
