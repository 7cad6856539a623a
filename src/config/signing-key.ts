import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

/** A key that callbacks are signed with: shared (`hmac`, v1) or the sender's public one (`ed25519`, v1a). */
export interface SigningKey {
  readonly kind: 'hmac' | 'ed25519';
  readonly key: KeyObject;
}

const SHARED = 'whsec_';
const PUBLIC = 'whpk_';
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;

/**
 * Reads a key as Standard Webhooks serialises it (https://github.com/standard-webhooks/standard-webhooks): `whsec_` and
 * base64 of 24 to 64 bytes, or `whpk_` and base64 of the 32 bytes of an Ed25519 public key. Undefined where it is
 * neither, as a private key (`whsk_`) is: that one stays with the sender.
 */
export function readSigningKey(text: string): SigningKey | undefined {
  if (text.startsWith(SHARED)) {
    const secret = decodeBase64(text.slice(SHARED.length));
    if (secret === null || secret.length < MIN_SECRET_BYTES || secret.length > MAX_SECRET_BYTES)
      return undefined;
    return { kind: 'hmac', key: createSecretKey(secret) };
  }
  if (!text.startsWith(PUBLIC)) return undefined;
  const point = decodeBase64(text.slice(PUBLIC.length));
  if (point?.length !== PUBLIC_KEY_BYTES) return undefined;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
  return { kind: 'ed25519', key: createPublicKey({ key: jwk, format: 'jwk' }) };
}

/** Strict, whereas Node's decoder skips invalid characters. */
function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
