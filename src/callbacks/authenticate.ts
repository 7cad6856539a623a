import type { IncomingHttpHeaders } from 'node:http';
import { isAnyOf } from './secrets.ts';
import { isSigned } from './signature.ts';
import type { SigningKey } from './signing-key.ts';

/** How callbacks may show that they are the aggregator's. Two of each kind allow for rotation. */
export interface AuthenticatorOptions {
  /** Standard Webhooks keys, shared and public ones side by side. */
  readonly signingKeys: readonly SigningKey[];
  /** A header (its name in lower case) whose whole value must be one of the secrets. */
  readonly header: { readonly name: string; readonly secrets: readonly string[] };
  /** What may stand for `secret` in `/callbacks/{secret}`. */
  readonly pathSecrets: readonly string[];
  /** How far a signed timestamp may be from now, either way, in milliseconds: 300,000 by DESIGN §8. */
  readonly toleranceMs: number;
  /** The clock, in milliseconds since 1970: the store's, so that all instances judge alike. */
  readonly now: () => number;
}

/** What is judged of a request. `body` is the raw bytes; `pathSecret` is null on the bare `/callbacks`. */
export interface Credentials {
  readonly headers: IncomingHttpHeaders;
  readonly pathSecret: string | null;
  readonly body: Uint8Array;
}

/** `webhookId` is given only where its signature was verified: nothing else may make two callbacks one. */
export type Authentication =
  | { readonly ok: true; readonly webhookId: string | null }
  | { readonly ok: false };

export type Authenticate = (credentials: Credentials) => Authentication;

const REFUSED: Authentication = Object.freeze({ ok: false });
const ACCEPTED: Authentication = Object.freeze({ ok: true, webhookId: null });

/**
 * Makes the one judge of who may send callbacks (DESIGN §8). Any one configured way suffices; with none configured,
 * as in explore mode, everything is authentic. What is refused is not told why: all refusals are the same object.
 * Never throws, whatever the headers hold.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { signingKeys, header, pathSecrets, toleranceMs, now } = options;
  const headerName = header.name.toLowerCase();
  const isOpen = signingKeys.length + header.secrets.length + pathSecrets.length === 0;

  return ({ headers, pathSecret, body }) => {
    if (isOpen) return ACCEPTED;

    const id = headers['webhook-id'];
    const timestamp = headers['webhook-timestamp'];
    const signature = headers['webhook-signature'];
    if (typeof id === 'string' && typeof timestamp === 'string' && typeof signature === 'string') {
      if (isSigned({ id, timestamp, signature }, body, signingKeys, now(), toleranceMs)) {
        return { ok: true, webhookId: id };
      }
    }

    const value = headers[headerName];
    // Node reads header bytes as latin1: turned back, a secret outside ASCII is compared as it was sent.
    if (typeof value === 'string' && isAnyOf(Buffer.from(value, 'latin1'), header.secrets)) return ACCEPTED;
    if (pathSecret !== null && isAnyOf(pathSecret, pathSecrets)) return ACCEPTED;
    return REFUSED;
  };
}
