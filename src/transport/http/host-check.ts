import type { IncomingMessage } from 'node:http';

const OWN_NAMES = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** What a request with another Host is answered. */
export const MISDIRECTED = 421;

/**
 * Whether a request names this machine in its Host. Explore mode takes requests without credentials, so a page of another
 * site that got its own name resolved to 127.0.0.1 (DNS rebinding) must not be served: it is answered 421, on the
 * WebSocket handshake too.
 */
export function namesThisMachine({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return OWN_NAMES.test(headers.host ?? '');
}
