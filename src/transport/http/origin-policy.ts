import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Mode } from '../../config/variables.ts';
import { PROBLEM_TYPE, problem } from '../../http/problem.ts';
import type { Emit } from '../../observe.ts';
import { VIEW_AS_HEADER } from '../../viewers/view-as.ts';

/** What a page of an allowed origin may send, and read apart from the body. */
const ALLOWED_HEADERS = 'authorization, content-type, last-event-id, traceparent';
const EXPOSED_HEADERS = 'etag, retry-after, www-authenticate';
const PREFLIGHT_SECONDS = '600';

/** What stands before everything that is served: which pages may send requests. */
export interface OriginPolicy {
  /** Sets the headers of CORS. True where it was answered here: a preflight, or a page that may send nothing. */
  answers(req: IncomingMessage, res: ServerResponse): boolean;
  /**
   * Whether the request may come from where it says: without Origin (no browser, or the page itself: the token
   * decides), from the same origin, or from one of ALLOWED_ORIGINS; in explore mode also from any page of this machine.
   * Where it may not, that is reported.
   */
  admits(req: Pick<IncomingMessage, 'headers'>): boolean;
}

/** A page of this machine, on any port: a frontend that is being written. */
const LOCAL_PAGE = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

interface Parts {
  readonly mode: Mode;
  readonly allowedOrigins: readonly string[];
  readonly emit: Emit;
}

/** CORS and the check of origins, without credentials: there are no cookies to send. */
export function createOriginPolicy({ mode, allowedOrigins, emit }: Parts): OriginPolicy {
  const listed: ReadonlySet<string> = new Set(allowedOrigins);
  const isExplore = mode === 'explore';
  const allowedHeaders = isExplore ? `${ALLOWED_HEADERS}, ${VIEW_AS_HEADER}` : ALLOWED_HEADERS;
  const mayAsk = (origin: string) => listed.has(origin) || (isExplore && LOCAL_PAGE.test(origin));
  const admits = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean => {
    const { origin } = headers;
    if (origin === undefined || mayAsk(origin) || isSameOrigin(headers)) return true;
    emit.originRefused?.({ origin });
    return false;
  };

  return {
    admits,
    answers(req, res) {
      const { origin } = req.headers;
      if (origin === undefined) return false;
      res.setHeader('vary', 'origin');
      // A callback's answers are its own, in their own order; no browser sends one.
      if (!mayAsk(origin) && req.url?.startsWith('/callbacks') === true) return false;
      if (!admits(req)) {
        refuse(res);
        return true;
      }
      if (!mayAsk(origin)) return false;
      res.setHeader('access-control-allow-origin', origin);
      res.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
      if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined)
        return false;
      res.setHeader('access-control-allow-methods', 'GET, POST');
      res.setHeader('access-control-allow-headers', allowedHeaders);
      res.setHeader('access-control-max-age', PREFLIGHT_SECONDS);
      res.writeHead(204).end();
      return true;
    },
  };
}

/** Whether the page was served by this gateway. By host alone: behind a proxy that ends TLS the scheme differs. */
function isSameOrigin({ origin = '', host }: IncomingHttpHeaders): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}

function refuse(res: ServerResponse): void {
  const text = JSON.stringify(problem(403, 'Pages of this origin may not ask: see ALLOWED_ORIGINS.'));
  res.writeHead(403, { 'content-type': PROBLEM_TYPE, 'content-length': Buffer.byteLength(text) });
  res.end(text);
}
