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
    if (typeof reasonOrHeaders === 'string' || this.getHeaderNames().length > 0) {
      for (const [name, value] of SECURITY) if (!this.hasHeader(name)) this.setHeader(name, value);
      if (typeof reasonOrHeaders === 'string') return super.writeHead(status, reasonOrHeaders, headers);
      if (!Array.isArray(reasonOrHeaders)) return super.writeHead(status, reasonOrHeaders);
      // Node adds those of a list to those that were set before, under the same name too.
      for (let at = 0; at < reasonOrHeaders.length; at += 2) {
        this.setHeader(String(reasonOrHeaders[at]), reasonOrHeaders[at + 1] ?? '');
      }
      return super.writeHead(status);
    }
    const given = Array.isArray(reasonOrHeaders) ? reasonOrHeaders : listOf(reasonOrHeaders ?? {});
    const list: OutgoingHttpHeader[] = [];
    for (const [name, value] of SECURITY) if (!names(given, name)) list.push(name, value);
    for (const part of given) list.push(part);
    return super.writeHead(status, list);
  }
}

/** Names and values in turn. */
function listOf(headers: OutgoingHttpHeaders): OutgoingHttpHeader[] {
  const list: OutgoingHttpHeader[] = [];
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) list.push(name, value);
  return list;
}

function names(list: readonly OutgoingHttpHeader[], name: string): boolean {
  for (let at = 0; at < list.length; at += 2) if (list[at] === name) return true;
  return false;
}
