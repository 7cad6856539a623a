import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two texts are equal. The time it takes reveals neither where they differ nor how long the secret is. */
export function isSame(given: string | Uint8Array, secret: string): boolean {
  return timingSafeEqual(sha256(given), sha256(secret));
}

function sha256(value: string | Uint8Array): Buffer {
  return createHash('sha256').update(value).digest();
}
