import type { IncomingHttpHeaders } from 'node:http';
import type { SigningKey } from '../../config/signing-key.ts';
import { isAnyOf } from './secrets.ts';
import { isSigned, mayBeSigned, type SignedHeaders } from './signature.ts';

/** The credentials by which callbacks are authenticated. Two of each kind allow for rotation. */
export interface AuthenticatorOptions {
  /** Standard Webhooks keys: shared ones, public ones, or both. */
  readonly signingKeys: readonly SigningKey[];
  /** A header (its name in lower case) whose whole value must be one of the secrets. */
  readonly header: { readonly name: string; readonly secrets: readonly string[] };
  /** The values that are accepted as `secret` in `/callbacks/{secret}`. */
  readonly pathSecrets: readonly string[];
  /** How far a signed timestamp may be from now, either way, in milliseconds. */
  readonly toleranceMs: number;
  /** The clock, in milliseconds since 1970: the store's, so that all instances agree. */
  readonly now: () => number;
}

/** What is checked of a request before its body is read. `pathSecret` is null on the bare `/callbacks`. */
export interface CredentialsInHead {
  readonly headers: IncomingHttpHeaders;
  readonly pathSecret: string | null;
}

/** `webhookId` is set only where its signature was verified: an unverified id must not make two callbacks one. */
export type Authentication =
  | { readonly ok: true; readonly webhookId: string | null }
  | { readonly ok: false };

/**
 * Authenticates a request by its head. Where that takes a signature it returns a function instead, which decides by the
 * raw bytes of the body: the signature covers them.
 */
export type Authenticate = (
  head: CredentialsInHead,
) => Authentication | ((body: Uint8Array) => Authentication);

const REFUSED: Authentication = Object.freeze({ ok: false });
const ACCEPTED: Authentication = Object.freeze({ ok: true, webhookId: null });

/**
 * Decides who may send callbacks (docs/security.md). Any one configured way suffices; with none configured, as in
 * explore mode, every request is authentic. A refusal gives no reason: all refusals are the same object. Never throws,
 * for any headers.
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { signingKeys, header, pathSecrets, toleranceMs, now } = options;
  const headerName = header.name.toLowerCase();
  const isOpen = signingKeys.length + header.secrets.length + pathSecrets.length === 0;

  function byHead({ headers, pathSecret }: CredentialsInHead): Authentication {
    if (isOpen) return ACCEPTED;
    const value = headers[headerName];
    // Node decodes header bytes as latin1: encoded back, a secret outside ASCII is compared as it was sent.
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
