import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { PROBLEM_TYPE, problem } from '../http/problem.ts';

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

/** What a page of an allowed origin may send, and read besides the body. */
const ALLOWED_HEADERS = 'authorization, content-type, last-event-id, traceparent';
const EXPOSED_HEADERS = 'etag, retry-after, www-authenticate';
const PREFLIGHT_SECONDS = '600';

/** What stands before everything that is served: who may ask from a browser, and what browsers are told. */
export interface Edge {
  /** Sets the headers of the answer. True where it was answered here: a preflight, or a page that may not ask. */
  answers(req: IncomingMessage, res: ServerResponse): boolean;
  /**
   * Whether the request may come from where it says: without Origin (no browser, or the page itself: the token
   * decides), from the same origin, or from one of ALLOWED_ORIGINS.
   */
  admits(req: Pick<IncomingMessage, 'headers'>): boolean;
}

/** CORS and the check of origins, without credentials: there are no cookies to send (DESIGN §8). */
export function createEdge({ allowedOrigins }: { readonly allowedOrigins: readonly string[] }): Edge {
  const listed: ReadonlySet<string> = new Set(allowedOrigins);
  const admits = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
    headers.origin === undefined || listed.has(headers.origin) || isSameOrigin(headers);

  return {
    admits,
    answers(req, res) {
      for (const [name, value] of SECURITY) res.setHeader(name, value);
      const { origin } = req.headers;
      if (origin === undefined) return false;
      res.setHeader('vary', 'origin');
      if (!admits(req)) {
        // A callback's answers are its own, in their own order; no browser sends one.
        if (req.url?.startsWith('/callbacks') === true) return false;
        refuse(res);
        return true;
      }
      if (!listed.has(origin)) return false;
      res.setHeader('access-control-allow-origin', origin);
      res.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
      if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined)
        return false;
      res.setHeader('access-control-allow-methods', 'GET, POST');
      res.setHeader('access-control-allow-headers', ALLOWED_HEADERS);
      res.setHeader('access-control-max-age', PREFLIGHT_SECONDS);
      res.writeHead(204).end();
      return true;
    },
  };
}

/** Whether a page that this gateway served asks. By host alone: behind a proxy that ends TLS the scheme differs. */
function isSameOrigin({ origin = '', host }: IncomingHttpHeaders): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

function refuse(res: ServerResponse): void {
  const text = JSON.stringify(problem(403, 'Pages of this origin may not ask: see ALLOWED_ORIGINS.'));
  res.writeHead(403, { 'content-type': PROBLEM_TYPE, 'content-length': Buffer.byteLength(text) });
  res.end(text);
}
