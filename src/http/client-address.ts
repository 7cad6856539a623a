import type { IncomingMessage } from 'node:http';
import proxyAddress from 'proxy-addr';

/** The address that a request came from. */
export type ClientAddress = (req: IncomingMessage) => string;

/**
 * Behind proxies whose addresses are `trusted` (addresses, networks, or names that proxy-addr knows) it is the last
 * address in `X-Forwarded-For` that is not a trusted one. The header is ignored where anybody else sends it.
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  if (trusted.length === 0) return ({ socket }) => socket.remoteAddress ?? '';
  const isTrusted = proxyAddress.compile([...trusted]);
  return (req) => proxyAddress(req, isTrusted);
}
