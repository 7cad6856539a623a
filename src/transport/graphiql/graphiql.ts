import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { NOTHING_SERVED, PROBLEM_TYPE, problem } from '../../http/problem.ts';
import { ASSETS_PATH, type Asset, loadSite, type Site, type SiteOptions } from './site.ts';

/** GraphiQL for browsers: works offline, nothing comes from elsewhere. */
export interface Graphiql {
  /** The page itself. */
  page(req: IncomingMessage, res: ServerResponse): void;
  /** Everything below ASSETS_PATH. */
  asset(req: IncomingMessage, res: ServerResponse): void;
}

/**
 * Nothing is loaded or run but what this gateway serves. Styles alone may be inline: the editor writes its own
 * into the page.
 */
const SECURITY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const compress = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 6 }),
};

/** Loads nothing until the first browser opens the page: nine megabytes that an API client never needs. */
export function createGraphiql(options: SiteOptions): Graphiql {
  let loading: Promise<Site> | null = null;
  const site = () => {
    loading ??= loadSite(options);
    return loading;
  };

  return {
    page(req, res) {
      site().then(({ html }) => {
        res.setHeader('content-security-policy', SECURITY);
        res.setHeader('referrer-policy', 'no-referrer');
        res.setHeader('cache-control', 'no-cache');
        return serve(req, res, html);
      }, failed(res));
    },
    asset(req, res) {
      site().then(({ assets }) => {
        const name = (req.url ?? '').slice(ASSETS_PATH.length).split('?', 1)[0] ?? '';
        const asset = assets.get(name);
        if (asset === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) {
          res.writeHead(404, { 'content-type': PROBLEM_TYPE });
          res.end(JSON.stringify(problem(404, NOTHING_SERVED)));
          return;
        }
        // Its name holds its hash: another content has another name.
        res.setHeader('cache-control', 'public, max-age=31536000, immutable');
        return serve(req, res, asset);
      }, failed(res));
    },
  };
}

function failed(res: ServerResponse): () => void {
  return () => {
    if (!res.headersSent) res.writeHead(500, { 'content-length': 0 });
    res.end();
  };
}

async function serve(req: IncomingMessage, res: ServerResponse, asset: Asset): Promise<void> {
  const { type, etag, bytes } = asset;
  res.setHeader('etag', etag);
  res.setHeader('vary', 'accept-encoding, accept');
  res.setHeader('x-content-type-options', 'nosniff');
  if (req.headers['if-none-match']?.includes(etag)) {
    res.writeHead(304).end();
    return;
  }
  const encoding = encodingFor(req);
  const body = encoding === null ? bytes : await encoded(asset, encoding);
  if (encoding !== null) res.setHeader('content-encoding', encoding);
  res.writeHead(200, { 'content-type': type, 'content-length': body.length });
  res.end(req.method === 'HEAD' ? undefined : body);
}

function encoded({ bytes, encoded }: Asset, encoding: 'br' | 'gzip'): Promise<Buffer> {
  const made = encoded.get(encoding) ?? compress[encoding](bytes);
  encoded.set(encoding, made);
  return made;
}

function encodingFor({ headers }: IncomingMessage): 'br' | 'gzip' | null {
  const accepted = String(headers['accept-encoding'] ?? '');
  if (/\bbr\b/.test(accepted)) return 'br';
  return /\bgzip\b/.test(accepted) ? 'gzip' : null;
}
