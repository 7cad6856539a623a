import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

/** A larger answer is refused: no issuer's key set comes near it. */
const MAX_BYTES = 1024 * 1024;

/** What jose needs to look a key up; the rest of each key it checks itself when the key is used. */
const KEY_SET = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/**
 * Fetches a key set (RFC 7517 §5). Rejects where it is not complete within `timeoutMs` or is no key set. An empty set
 * is refused too: with it, every user would be signed out. Redirects are not followed.
 */
export async function fetchKeySet(url: string, timeoutMs: number): Promise<JWTVerifyGetKey> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'manual',
    headers: { accept: 'application/json, application/jwk-set+json' },
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the key server answered ${response.status}`);
  }
  const keySet: JSONWebKeySet = KEY_SET.parse(JSON.parse(await readText(response)));
  return createLocalJWKSet(keySet);
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > MAX_BYTES) throw new Error(`the key set has more than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
