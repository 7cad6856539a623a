import type { IncomingMessage } from 'node:http';
import proxyAddress from 'proxy-addr';

/** The address that a request came from. */
export type ClientAddress = (req: IncomingMessage) => string;

/**
 * Behind proxies whose addresses are `trusted` (single ones, networks, or names as proxy-addr knows them) it is the last
 * in `X-Forwarded-For` that is not one of theirs; what others write there counts for nothing.
 */
export function createClientAddress(trusted: readonly string[]): ClientAddress {
  if (trusted.length === 0) return ({ socket }) => socket.remoteAddress ?? '';
  const isTrusted = proxyAddress.compile([...trusted]);
  return (req) => proxyAddress(req, isTrusted);
}
