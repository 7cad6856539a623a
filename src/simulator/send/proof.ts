import { createHmac, createPrivateKey, sign } from 'node:crypto';

/** How the aggregator proves who it is: one of the gateway's ways (docs/callbacks.md), or none. */
export type Proof =
  | { readonly kind: 'none' }
  | { readonly kind: 'signature'; readonly sign: (content: string) => string }
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | { readonly kind: 'path'; readonly secret: string };

const SHARED = 'whsec_';
const PRIVATE = 'whsk_';
const SEED_BYTES = 32;
/** PKCS #8 of an Ed25519 private key, up to its seed (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Reads a key as Standard Webhooks writes it: `whsec_` and base64 of the shared secret, or `whsk_` and base64 of an
 * Ed25519 private key: its seed of 32 bytes, or the seed and the public key, 64 bytes. Undefined where it is neither.
 */
export function readSigningKey(text: string): Proof | undefined {
  if (text.startsWith(SHARED)) {
    const secret = Buffer.from(text.slice(SHARED.length), 'base64');
    if (secret.length === 0) return undefined;
    return {
      kind: 'signature',
      sign: (content) => `v1,${createHmac('sha256', secret).update(content).digest('base64')}`,
    };
  }
  if (!text.startsWith(PRIVATE)) return undefined;
  const bytes = Buffer.from(text.slice(PRIVATE.length), 'base64');
  if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES) return undefined;
  const der = Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    kind: 'signature',
    sign: (content) => `v1a,${sign(null, Buffer.from(content), key).toString('base64')}`,
  };
}

/** Where a callback is posted to. */
export function addressOf(url: string, proof: Proof): string {
  const base = `${url.replace(/\/+$/, '')}/callbacks`;
  return proof.kind === 'path' ? `${base}/${encodeURIComponent(proof.secret)}` : base;
}

/**
 * The headers that prove a callback. All deliveries of one callback have its `id`, as a sender that tries again sends it.
 * @param now milliseconds since 1970
 */
export function proofHeaders(proof: Proof, id: string, body: string, now: number): Record<string, string> {
  if (proof.kind === 'header') return { [proof.name]: proof.value };
  if (proof.kind !== 'signature') return {};
  const timestamp = String(Math.floor(now / 1_000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': proof.sign(`${id}.${timestamp}.${body}`),
  };
}
