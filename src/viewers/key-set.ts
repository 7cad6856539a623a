import { errors, type JWTVerifyGetKey } from 'jose';
import { unavailable } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { fetchKeySet } from './fetch-key-set.ts';

/** When the key set is fetched, in milliseconds. */
export interface KeySetTimes {
  /** How old a set may be before it is fetched again, in the background. */
  readonly maxAgeMs?: number;
  /** How long a set serves that cannot be fetched again. */
  readonly keepMs?: number;
  /** From one fetch to the next, whoever asks: else whoever makes up key ids fetches at will. */
  readonly cooldownMs?: number;
  /** How long a fetch may take. */
  readonly timeoutMs?: number;
}

interface KeySetOptions extends KeySetTimes {
  /** Told once when the key set cannot be fetched, and once when it can again. */
  readonly log?: Pick<Logger, 'warn'> | undefined;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** What a key set says of the token, and not of itself: no key of it fits. */
const NO_KEY_FITS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The issuer's public keys, fetched when first needed. A token whose key is known never waits for the key server: an
 * old set is renewed in the background, and one that cannot be renewed serves for a day. A key that is not known
 * causes a fetch at once, one for all who wait, and not within the cooldown after the last: so a rotated key works at
 * once. Where a key cannot be looked up, it throws UNAVAILABLE: that is no fault of the token, and its bearer must not
 * be signed out by it.
 */
export function createKeySet(
  url: string,
  {
    maxAgeMs = 600_000,
    keepMs = 86_400_000,
    cooldownMs = 5_000,
    timeoutMs = 3_000,
    log,
    now = Date.now,
  }: KeySetOptions = {},
): JWTVerifyGetKey {
  let known: { readonly keys: JWTVerifyGetKey; readonly fetchedAt: number } | null = null;
  let fetching: Promise<void> | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  /** Why the last fetch failed; null where it did not. */
  let failure: { readonly err: unknown } | null = null;

  async function fetchNow(): Promise<void> {
    try {
      known = { keys: await fetchKeySet(url, timeoutMs), fetchedAt: now() };
      if (failure !== null) log?.warn('the key set of JWT_JWKS_URL can be fetched again');
      failure = null;
    } catch (err) {
      if (failure === null) log?.warn({ err }, FAILS);
      failure = { err };
    } finally {
      fetching = null;
      triedAt = now();
    }
  }

  /** A fetch that is under way, or a new one; null within the cooldown. Never rejects. */
  function fetchSoon(): Promise<void> | null {
    if (fetching === null && now() - triedAt >= cooldownMs) fetching = fetchNow();
    return fetching;
  }

  /** Undefined where no key is known, or none that fits. */
  async function lookUp(...token: Parameters<JWTVerifyGetKey>) {
    if (known === null || now() - known.fetchedAt > keepMs) return undefined;
    try {
      return await known.keys(...token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      if (NO_KEY_FITS.some((kind) => error instanceof kind)) throw error;
      throw unavailable(CANNOT_VERIFY, error);
    }
  }

  return async (...token) => {
    if (known !== null && now() - known.fetchedAt > maxAgeMs) void fetchSoon();
    const held = await lookUp(...token);
    if (held !== undefined) return held;
    await fetchSoon();
    const fetched = await lookUp(...token);
    if (fetched !== undefined) return fetched;
    if (failure !== null) throw unavailable(CANNOT_VERIFY, failure.err);
    throw new errors.JWKSNoMatchingKey();
  };
}

const CANNOT_VERIFY = 'Tokens cannot be verified now. Try again.';
const FAILS =
  'the key set of JWT_JWKS_URL cannot be fetched: keys that are known serve for 24 hours, and it is tried again every few seconds while tokens come';
