import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { badInput } from '../../errors.ts';

/** A key that callbacks are signed with: shared (`hmac`, v1) or the sender's public one (`ed25519`, v1a). */
export interface SigningKey {
  readonly kind: 'hmac' | 'ed25519';
  readonly key: KeyObject;
}

const SHARED = 'whsec_';
const PUBLIC = 'whpk_';
const PRIVATE = 'whsk_';

/** The specification's bounds for a shared secret. */
const SHORTEST_SECRET = 24;
const LONGEST_SECRET = 64;
const PUBLIC_KEY_BYTES = 32;

/**
 * Reads a key as Standard Webhooks serialises it: `whsec_` and base64 of 24 to 64 bytes, or `whpk_` and base64 of
 * the 32 bytes of an Ed25519 public key. Throws a CallboardError (BAD_USER_INPUT) that says what is allowed and
 * never repeats the key.
 */
export function parseSigningKey(text: string): SigningKey {
  if (text.startsWith(SHARED)) {
    const secret = decode(text.slice(SHARED.length));
    if (secret === null) throw badInput('a signing key `whsec_…` must go on in base64');
    if (secret.length < SHORTEST_SECRET || secret.length > LONGEST_SECRET) {
      throw badInput(
        `a signing key \`whsec_…\` must hold ${SHORTEST_SECRET} to ${LONGEST_SECRET} bytes in base64`,
      );
    }
    return { kind: 'hmac', key: createSecretKey(secret) };
  }
  if (text.startsWith(PUBLIC)) {
    const point = decode(text.slice(PUBLIC.length));
    if (point?.length !== PUBLIC_KEY_BYTES) {
      throw badInput(
        `a signing key \`whpk_…\` must hold the ${PUBLIC_KEY_BYTES} bytes of an Ed25519 public key in base64`,
      );
    }
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
    return { kind: 'ed25519', key: createPublicKey({ key: jwk, format: 'jwk' }) };
  }
  if (text.startsWith(PRIVATE)) {
    throw badInput(
      'a signing key `whsk_…` is the private one and stays with the sender; give its public key `whpk_…`',
    );
  }
  throw badInput(
    'a signing key must be `whsec_` and a shared secret, or `whpk_` and an Ed25519 public key, in base64',
  );
}

/** Strict base64, padded or not; null for what Buffer would have read leniently. */
function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const written = bytes.toString('base64');
  return text === written || text === written.replace(/=+$/, '') ? bytes : null;
}
