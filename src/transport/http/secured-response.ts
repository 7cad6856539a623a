import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';

/** What every answer says to browsers; a page of our own replaces what it must. */
const SECURITY: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  // Answers are one person's: nobody on the way keeps them.
  ['cache-control', 'no-store'],
];
const FLAT = SECURITY.flat();

/**
 * An answer with the headers of security, whoever writes it and however. Headers set or given under the same names
 * count instead. A list of names and values (`writeHead(200, ['content-type', 'text/plain'])`) is written without being
 * looked at one by one where nothing was set before: it holds none of those names.
 */
export class SecuredResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  override writeHead(
    status: number,
    reasonOrHeaders?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
    headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
  ): this {
    const given = typeof reasonOrHeaders === 'string' ? headers : reasonOrHeaders;
    if (Array.isArray(given) && this.getHeaderNames().length === 0) {
      return super.writeHead(status, [...FLAT, ...given]);
    }
    for (const [name, value] of SECURITY) if (!this.hasHeader(name)) this.setHeader(name, value);
    return typeof reasonOrHeaders === 'string'
      ? super.writeHead(status, reasonOrHeaders, headers)
      : super.writeHead(status, given);
  }
}
