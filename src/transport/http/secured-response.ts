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

/**
 * An answer with the headers of security, whoever writes it and however. Headers set or given under the same names, in
 * small letters, count instead. Where none was set before they are written as one list, which Node does not look up one
 * by one.
 */
export class SecuredResponse<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  override writeHead(
    status: number,
    reasonOrHeaders?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
    headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
  ): this {
    if (
      typeof reasonOrHeaders === 'string' ||
      Array.isArray(reasonOrHeaders) ||
      this.getHeaderNames().length > 0
    ) {
      for (const [name, value] of SECURITY) if (!this.hasHeader(name)) this.setHeader(name, value);
      return typeof reasonOrHeaders === 'string'
        ? super.writeHead(status, reasonOrHeaders, headers)
        : super.writeHead(status, reasonOrHeaders);
    }
    const given = reasonOrHeaders ?? {};
    const list: OutgoingHttpHeader[] = [];
    for (const [name, value] of SECURITY) if (!(name in given)) list.push(name, value);
    for (const name in given) {
      const value = given[name];
      if (value !== undefined) list.push(name, value);
    }
    return super.writeHead(status, list);
  }
}
