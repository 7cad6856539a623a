import type { IncomingHttpHeaders } from 'node:http';
import type { SigningKey } from '../../config/signing-key.ts';
import { isAnyOf } from './secrets.ts';
import { isSigned, mayBeSigned, type SignedHeaders } from './signature.ts';

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

/** What is judged of a request before its body is read. `pathSecret` is null on the bare `/callbacks`. */
export interface CredentialsInHead {
  readonly headers: IncomingHttpHeaders;
  readonly pathSecret: string | null;
}

/** `webhookId` is given only where its signature was verified: nothing else may make two callbacks one. */
export type Authentication =
  | { readonly ok: true; readonly webhookId: string | null }
  | { readonly ok: false };

/**
 * Judges a request by its head. Where a signature may make the difference it gives a function instead, which judges
 * with the raw bytes of the body: a signature is over them.
 */
export type Authenticate = (
  head: CredentialsInHead,
) => Authentication | ((body: Uint8Array) => Authentication);

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

  function byHead({ headers, pathSecret }: CredentialsInHead): Authentication {
    if (isOpen) return ACCEPTED;
    const value = headers[headerName];
    // Node reads header bytes as latin1: turned back, a secret outside ASCII is compared as it was sent.
    if (typeof value === 'string' && isAnyOf(Buffer.from(value, 'latin1'), header.secrets)) return ACCEPTED;
    if (pathSecret !== null && isAnyOf(pathSecret, pathSecrets)) return ACCEPTED;
    return REFUSED;
  }

  return (head) => {
    const signed = signingKeys.length === 0 ? null : signedHeaders(head.headers);
    if (signed === null || !mayBeSigned(signed, now(), toleranceMs)) return byHead(head);
    return (body) =>
      isSigned(signed, body, signingKeys, now(), toleranceMs)
        ? { ok: true, webhookId: signed.id }
        : byHead(head);
  };
}

function signedHeaders(headers: IncomingHttpHeaders): SignedHeaders | null {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signature = headers['webhook-signature'];
  return typeof id === 'string' && typeof timestamp === 'string' && typeof signature === 'string'
    ? { id, timestamp, signature }
    : null;
}
