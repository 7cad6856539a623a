import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { closeLater } from '../closing.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'callboard';

/** A status; connections that end, never are answered or never to their end; what is no key set, or an empty one. */
export type IssuerFault = number | 'dead' | 'hanging' | 'trickling' | 'garbage' | 'empty';

/** An issuer of tokens on this machine, with a key set that is served over HTTP. */
export interface Issuer {
  /** Of the key set. */
  readonly url: string;
  /** How often the key set was fetched. */
  fetches(): number;
  /** What is done instead of answering with the key set; null serves it again. */
  answer(fault: IssuerFault | null): void;
  /** When nothing is being answered any more. */
  settled(): Promise<void>;
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
  let fault: IssuerFault | null = null;
  const open = new Set<Promise<unknown>>();
  const server = createServer((req, res) => {
    fetches += 1;
    const closed: Promise<unknown> = once(res, 'close').then(() => open.delete(closed));
    open.add(closed);
    if (fault === 'dead') return req.socket.destroy();
    if (fault === 'hanging') return;
    const headers = { 'content-type': 'application/json', connection: 'close', location: '/jwks.json' };
    res.writeHead(typeof fault === 'number' ? fault : 200, headers);
    if (fault === 'trickling') return res.write('{');
    if (fault === 'garbage') return res.end('<html>');
    res.end(JSON.stringify({ keys: fault === 'empty' ? [] : keys.map(({ jwk }) => jwk) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeLater(async () => {
    server.close();
    server.closeAllConnections();
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
    answer(next) {
      fault = next;
    },
    async settled() {
      await Promise.all(open);
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
