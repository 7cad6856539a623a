import { errors, type JWTVerifyGetKey } from 'jose';
import { unavailable } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { fetchKeySet } from './fetch-key-set.ts';

/** When the key set is fetched, in milliseconds. */
export interface KeySetTimes {
  /** How old a set may be before it is fetched again, in the background. */
  readonly maxAgeMs?: number;
  /** How long a set is used while no newer one can be fetched. */
  readonly keepMs?: number;
  /** The least time between two fetches: without it, a client could cause fetches at will by inventing key ids. */
  readonly cooldownMs?: number;
  /** How long a fetch may take. */
  readonly timeoutMs?: number;
}

interface KeySetOptions extends KeySetTimes {
  /** Gets one line when the key set cannot be fetched, and one when it can again. */
  readonly log?: Pick<Logger, 'warn'> | undefined;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** Errors that are about the token, not the key set: none of its keys fits. */
const NO_KEY_FITS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

/**
 * The issuer's public keys, fetched when first needed. A token whose key is known never waits for the key server: an
 * old set is renewed in the background, and one that cannot be renewed is used for a day. An unknown key causes a fetch
 * at once, so that a rotated key works at once: one fetch for all tokens that wait, and none within the cooldown after
 * the last one. Where the key cannot be looked up, it throws UNAVAILABLE: the token may be good, so its user must not be
 * signed out.
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
