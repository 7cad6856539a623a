import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { CallboardError } from '../errors.ts';
import { TokenExpiredError } from './token-expired.ts';

/** What a token must be signed and issued with. */
export interface TokenRules {
  /** Shared secrets, each tried in turn; or a function that looks up the public key. */
  readonly keys: readonly Uint8Array[] | JWTVerifyGetKey;
  readonly algorithms: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** How far the issuer's clock may be ahead, in seconds; allowed for `nbf` and `iat` only, never for `exp`. */
const LEEWAY_S = 60;

/** Claims that were verified. `expiresAt` is in milliseconds. */
export interface Verified {
  readonly payload: JWTPayload;
  readonly expiresAt: number;
}

/**
 * Verifies a JWT. Throws TokenExpiredError where it has expired and is otherwise good, UNAUTHENTICATED where anything
 * else is wrong (it does not say what), and UNAVAILABLE where its key cannot be looked up now.
 */
export async function verifyToken(token: string, rules: TokenRules): Promise<Verified> {
  const payload = await verifySigned(token, rules);
  const { exp, iat } = payload;
  const now = rules.now();
  // jose would allow the tolerance for `exp` too, and does not check `iat`.
  if (typeof exp !== 'number') throw refused();
  if (exp * 1000 <= now) throw new TokenExpiredError();
  if (iat !== undefined && iat > now / 1000 + LEEWAY_S) throw refused();
  return { payload, expiresAt: exp * 1000 };
}

/** The one answer to every missing or bad token: it does not say what is wrong, but where a token belongs. */
export function refused(): CallboardError {
  return new CallboardError(
    'UNAUTHENTICATED',
    'Send a valid token as Authorization: Bearer <token>. Cookies and query strings are not read for one.',
  );
}

async function verifySigned(token: string, rules: TokenRules): Promise<JWTPayload> {
  const { keys, algorithms, issuer, audience } = rules;
  const options = {
    algorithms: [...algorithms],
    issuer,
    audience,
    requiredClaims: ['exp'],
    clockTolerance: LEEWAY_S,
    currentDate: new Date(rules.now()),
  };
  const verify = async (key: Parameters<typeof jwtVerify>[1]) =>
    (await jwtVerify(token, key, options)).payload;
  try {
    return await (typeof keys === 'function'
      ? jwtVerify(token, keys, options).then(
          ({ payload }) => payload,
          (error: unknown) => {
            // Several keys of the set may have signed it, and it does not say which.
            if (error instanceof errors.JWKSMultipleMatchingKeys) return firstThatFits(error, verify);
            throw error;
          },
        )
      : firstThatFits(keys, verify));
  } catch (error) {
    throw toRefusal(error);
  }
}

/** Tries keys until the signature fits one. Any other error is the same with every key, and is thrown at once. */
async function firstThatFits<Key>(
  keys: Iterable<Key> | AsyncIterable<Key>,
  verify: (key: Key) => Promise<JWTPayload>,
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return await verify(key);
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw refused();
}

function toRefusal(error: unknown): Error {
  if (error instanceof CallboardError) return error;
  return error instanceof errors.JWTExpired ? new TokenExpiredError() : refused();
}
