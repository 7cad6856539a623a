import type { Config } from '../config/config.ts';
import { EXPLORER, type Viewer } from '../domain/viewer.ts';
import type { Logger } from '../logger.ts';
import { createKeySet, type KeySetTimes } from './key-set.ts';
import { refused, type TokenRules, verifyToken } from './verify-token.ts';
import { viewAs } from './view-as.ts';
import { viewerOf } from './viewer-of.ts';

/** Tells who asks. */
export interface ViewerReader {
  /**
   * Reads an Authorization header, or the same text from `connectionParams`. In explore mode everyone is EXPLORER, or
   * the person whom `as` names (undefined: nobody); in production `as` is ignored.
   * Rejects with UNAUTHENTICATED where the token is missing or bad, as TokenExpiredError where its time is over, and
   * with UNAVAILABLE where it cannot be verified now, with BAD_USER_INPUT where `as` is no id.
   */
  read(authorization: string | undefined, as?: unknown): Promise<Viewer>;
}

interface Options {
  /** Told once why tokens cannot be verified now: those who ask are not. */
  readonly log?: Pick<Logger, 'warn'>;
  /** The clock, in milliseconds since 1970: the store's, so that all instances judge alike. */
  readonly now?: () => number;
  readonly keySetTimes?: KeySetTimes;
}

/** RFC 9110 §11.1: the scheme's name in any letter case. RFC 7519: three parts in base64url. */
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i;
/** No token of ours is longer: what is longer is not even taken apart. */
const LARGEST = 8 * 1024;

/** Makes the one place that knows who may ask (DESIGN §8). Nothing is fetched before the first token comes. */
export function createViewerReader(
  { mode, jwt }: Pick<Config, 'mode' | 'jwt'>,
  { now = Date.now, keySetTimes, log }: Options = {},
): ViewerReader {
  if (mode === 'explore') return { read: async (_, as) => (as === undefined ? EXPLORER : viewAs(as)) };
  const { jwksUrl, secrets, issuer, audience, algorithms } = jwt;
  // The configuration has made sure; without either, every token of that key would do.
  if (issuer === null || audience === null) throw new Error('tokens need an issuer and an audience');
  const rules: TokenRules = {
    keys:
      jwksUrl === null
        ? secrets.map((secret) => Buffer.from(secret))
        : createKeySet(jwksUrl, { ...keySetTimes, log, now }),
    algorithms,
    issuer,
    audience,
    now,
  };
  return {
    async read(authorization = '') {
      const token = authorization.length > LARGEST ? undefined : BEARER.exec(authorization)?.[1];
      if (token === undefined) throw refused();
      const { payload, expiresAt } = await verifyToken(token, rules);
      return viewerOf(payload, expiresAt, jwt);
    },
  };
}
