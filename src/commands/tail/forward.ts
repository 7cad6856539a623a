import { setTimeout } from 'node:timers/promises';
import { failureReason } from '../../http/failure-reason.ts';
import type { TailedCallback } from './follow.ts';

export interface ForwardOptions {
  readonly to: string;
  readonly signal: AbortSignal;
  /** Called with the reason of the first failed try of a body. */
  readonly onFailed: (reason: string) => void;
}

const ANSWERED_WITHIN_MS = 10_000;
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 10_000;

/**
 * Posts bodies, byte for byte, one after another. One counts as taken when it is answered 2xx; else it is sent again,
 * with waits that double up to 10 s, and never before Retry-After.
 */
export function createForward({ to, signal, onFailed }: ForwardOptions) {
  async function post(
    bytes: Uint8Array<ArrayBuffer>,
    position: string,
  ): Promise<{ taken: boolean; waitMs: number; reason: string }> {
    try {
      const response = await fetch(to, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'callboard-position': position },
        body: bytes,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWERED_WITHIN_MS)]),
      });
      await response.arrayBuffer();
      const waitMs = (Number(response.headers.get('retry-after')) || 0) * 1_000;
      return { taken: response.ok, waitMs, reason: `answered ${response.status}` };
    } catch (error) {
      signal.throwIfAborted();
      return { taken: false, waitMs: 0, reason: failureReason(error) };
    }
  }

  /** @throws Error where the body may not be read with this token; the signal's reason where that ends it */
  return async function forward({ bodyBase64, position }: TailedCallback): Promise<void> {
    if (bodyBase64 === null) {
      throw new Error('the bodies cannot be read: the token needs the scope callboard:accounts');
    }
    const bytes = new Uint8Array(Buffer.from(bodyBase64, 'base64'));
    for (let tries = 0; ; tries += 1) {
      const { taken, waitMs, reason } = await post(bytes, position);
      if (taken) return;
      if (tries === 0) onFailed(reason);
      const wait = Math.min(FIRST_WAIT_MS * 2 ** tries, MAX_WAIT_MS);
      await setTimeout(Math.max(wait, waitMs), undefined, { signal });
    }
  };
}
