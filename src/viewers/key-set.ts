import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { unavailable } from '../errors.ts';

/** How the key set is fetched, in milliseconds. */
export interface KeySetTimes {
  /** How long a fetched set is used before it is fetched again. */
  readonly maxAgeMs?: number;
  /** How soon after a fetch an unknown key may cause another: else whoever makes up key ids fetches at will. */
  readonly cooldownMs?: number;
  /** How long a fetch may take. */
  readonly timeoutMs?: number;
}

/** What a key set says of the token, and not of itself: no key of it fits. */
const NO_KEY_FITS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The issuer's public keys, fetched when first needed and again when they are old or a token names one that is not
 * among them: a rotated key works at once. Where they cannot be fetched, looking up a key throws UNAVAILABLE: that
 * is no fault of the token, and its bearer must not be signed out by it.
 */
export function createKeySet(
  url: string,
  { maxAgeMs = 600_000, cooldownMs = 30_000, timeoutMs = 3_000 }: KeySetTimes = {},
): JWTVerifyGetKey {
  const keySet = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: maxAgeMs,
    cooldownDuration: cooldownMs,
    timeoutDuration: timeoutMs,
  });
  return async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (error) {
      if (NO_KEY_FITS.some((kind) => error instanceof kind)) throw error;
      throw unavailable('Tokens cannot be verified now. Try again.', error);
    }
  };
}
