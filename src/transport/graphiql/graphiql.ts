import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { PROBLEM_TYPE, problem } from '../../http/problem.ts';
import { PRESET_TABS } from './tabs.ts';

/** Where the page's assets are served. */
export const ASSETS_PATH = '/graphql/assets/';

/** GraphiQL for browsers: works offline, nothing comes from elsewhere. */
export interface Graphiql {
  /** The page itself. */
  page(req: IncomingMessage, res: ServerResponse): void;
  /** Everything below ASSETS_PATH. */
  asset(req: IncomingMessage, res: ServerResponse): void;
}

export interface GraphiqlOptions {
  /**
   * How the page subscribes. Only over SSE does it send what stands in its headers pane as headers: where a token is
   * asked for, it must.
   */
  readonly live: 'WS' | 'SSE';
}

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
  /** Made once, at the first request that takes it. */
  readonly encoded: Map<'br' | 'gzip', Promise<Buffer>>;
}

interface Site {
  readonly html: Asset;
  readonly assets: ReadonlyMap<string, Asset>;
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

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="28" height="28"><rect width="16" height="16" rx="3" fill="#1d3557"/><path d="M3 5h10M3 8h7M3 11h4" stroke="#a8dadc" stroke-width="1.6" stroke-linecap="round"/></svg>`;

/** Preset tabs slide in and, by a slip of GraphiQL's, away from under the first click: without sliding it counts. */
const STEADY_TABS = '.graphiql-tabs > .graphiql-tab { transform: none !important; }';

const compress = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 6 }),
};

/** Loads nothing until the first browser opens the page: nine megabytes that an API client never needs. */
export function createGraphiql({ live }: GraphiqlOptions): Graphiql {
  let loading: Promise<Site> | null = null;
  const site = () => {
    loading ??= loadSite(live);
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
          res.end(JSON.stringify(problem(404, 'Nothing is served here.')));
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

async function loadSite(live: GraphiqlOptions['live']): Promise<Site> {
  const { js, css, editorWorkerService, jsonWorker, graphqlWorker } = await import(
    '@graphql-yoga/render-graphiql/graphiql'
  );
  const assets = new Map<string, Asset>();
  const add = (name: string, type: string, text: string): string => {
    const asset = toAsset(type, text);
    const path = `${asset.etag.slice(1, -1)}/${name}`;
    assets.set(path, asset);
    return `${ASSETS_PATH}${path}`;
  };
  const script = (name: string, text: string) => add(name, 'text/javascript; charset=utf-8', text);
  const workers = {
    editorWorkerService: script('editor-worker.js', editorWorkerService),
    json: script('json-worker.js', jsonWorker),
    graphql: script('graphql-worker.js', graphqlWorker),
  };
  const urls = {
    icon: add('icon.svg', 'image/svg+xml', ICON),
    css: add('graphiql.css', 'text/css; charset=utf-8', `${css}\n${STEADY_TABS}`),
    js: script('graphiql.js', js),
    start: script('start.js', startScript(workers, live)),
  };
  return { html: toAsset('text/html; charset=utf-8', pageHtml(urls)), assets };
}

function toAsset(type: string, text: string): Asset {
  const bytes = Buffer.from(text);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, etag, bytes, encoded: new Map() };
}

/** A file of its own, so that the page needs no inline script. */
function startScript(workers: Readonly<Record<string, string>>, live: GraphiqlOptions['live']): string {
  const options = {
    title: 'Callboard',
    logo: ICON,
    endpoint: '/graphql',
    subscriptionsProtocol: live,
    shouldPersistHeaders: false,
    defaultTabs: PRESET_TABS,
  };
  return `const workers = ${inScript(workers)};
self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_, label) => workers[label] };
YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), ${inScript(options)});
`;
}

/** JSON that stays inert wherever a script may stand. */
function inScript(value: object): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function pageHtml(urls: Readonly<Record<'icon' | 'css' | 'js' | 'start', string>>): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Callboard</title>
    <link rel="icon" href="${urls.icon}">
    <link rel="stylesheet" href="${urls.css}">
  </head>
  <body id="body" class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"></div>
    <script src="${urls.js}"></script>
    <script src="${urls.start}"></script>
  </body>
</html>
`;
}
