import { createHmac, type KeyObject, verify } from 'node:crypto';
import type { SigningKey } from '../../config/signing-key.ts';
import { isSame } from '../../http/is-same.ts';

/** The three headers of Standard Webhooks, as received. */
export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

/** Signatures beyond this many are ignored: two keys of each kind need four, and each verification takes time. */
const MOST_SIGNATURES = 8;

const ED25519_SIGNATURE_BYTES = 64;

/** Whether these headers may belong to a valid signature; malformed or stale ones are refused without the body. */
export function mayBeSigned({ id, timestamp }: SignedHeaders, now: number, toleranceMs: number): boolean {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id) || !/^\d{1,10}$/.test(timestamp)) return false;
  return Math.abs(now - Number(timestamp) * 1000) <= toleranceMs;
}

/**
 * Verifies Standard Webhooks signatures over the raw bytes `id.timestamp.body`
 * (https://github.com/standard-webhooks/standard-webhooks, "Signature scheme"): v1 with the shared keys, v1a with
 * the public ones; one valid signature suffices. The id and the timestamp may hold no full stop, so no two messages
 * have the same signed bytes. `now` and `toleranceMs` are in milliseconds; the tolerance applies in both directions.
 */
export function isSigned(
  headers: SignedHeaders,
  body: Uint8Array,
  keys: readonly SigningKey[],
  now: number,
  toleranceMs: number,
): boolean {
  const { id, timestamp, signature } = headers;
  if (!mayBeSigned(headers, now, toleranceMs)) return false;
  const signatures = signature.split(' ', MOST_SIGNATURES + 1);
  if (signatures.length > MOST_SIGNATURES) return false;

  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const shared = signatures.filter((one) => one.startsWith('v1,')).map((one) => one.slice(3));
  const asymmetric = signatures.filter((one) => one.startsWith('v1a,')).map((one) => one.slice(4));
  return keys.some(({ kind, key }) =>
    kind === 'hmac' ? isHmac(content, key, shared) : asymmetric.some((one) => isEd25519(content, key, one)),
  );
}

/** The base64 texts are compared, not their bytes: of several texts for one value only the canonical one counts. */
function isHmac(content: Uint8Array, key: KeyObject, signatures: readonly string[]): boolean {
  if (signatures.length === 0) return false;
  const expected = createHmac('sha256', key).update(content).digest('base64');
  return signatures.filter((one) => isSame(one, expected)).length > 0;
}

function isEd25519(content: Uint8Array, key: KeyObject, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64');
  // Buffer decodes base64 leniently; only the canonical text of a signature is accepted.
  if (bytes.length !== ED25519_SIGNATURE_BYTES || bytes.toString('base64') !== signature) return false;
  return verify(null, content, key, bytes);
}
