import type { Config } from '../config/config.ts';
import { EXPLORER, type Viewer } from '../domain/viewer.ts';
import type { Logger } from '../logger.ts';
import { createKeySet, type KeySetTimes } from './key-set.ts';
import { refused, type TokenRules, verifyToken } from './verify-token.ts';
import { viewAs } from './view-as.ts';
import { viewerOf } from './viewer-of.ts';

/** Identifies the viewer of a request. */
export interface ViewerReader {
  /**
   * Reads an Authorization header, or the same text from `connectionParams`. In explore mode the viewer is EXPLORER, or
   * the person whom `as` names (undefined: nobody); in production `as` is ignored.
   * Where nothing has to be verified it is there at once. Rejects with UNAUTHENTICATED where the token is missing or bad,
   * with TokenExpiredError where it has expired, with UNAVAILABLE where it cannot be verified now, and with
   * BAD_USER_INPUT where `as` is no id.
   */
  read(authorization: string | undefined, as?: unknown): Viewer | Promise<Viewer>;
}

interface Options {
  /** Gets the reason why tokens cannot be verified now, once; clients do not get it. */
  readonly log?: Pick<Logger, 'warn'>;
  /** The clock, in milliseconds since 1970: the store's, so that all instances agree. */
  readonly now?: () => number;
  readonly keySetTimes?: KeySetTimes;
}

/** RFC 9110 §11.1: the scheme's name in any letter case. RFC 7519: three parts in base64url. */
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i;
/** A longer token is refused without being parsed. */
const MAX_TOKEN_CHARACTERS = 8 * 1024;

/** Every viewer is identified here (docs/security.md). Nothing is fetched before the first token comes. */
export function createViewerReader(
  { mode, jwt }: Pick<Config, 'mode' | 'jwt'>,
  { now = Date.now, keySetTimes, log }: Options = {},
): ViewerReader {
  if (mode === 'explore') {
    const asNamed = async (as: unknown) => viewAs(as);
    return { read: (_, as) => (as === undefined ? EXPLORER : asNamed(as)) };
  }
  const { jwksUrl, secrets, issuer, audience, algorithms } = jwt;
  // The configuration requires both; without them, any token signed with that key would be accepted.
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
      const token = authorization.length > MAX_TOKEN_CHARACTERS ? undefined : BEARER.exec(authorization)?.[1];
      if (token === undefined) throw refused();
      const { payload, expiresAt } = await verifyToken(token, rules);
      return viewerOf(payload, expiresAt, jwt);
    },
  };
}
