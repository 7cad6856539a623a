import { createHash } from 'node:crypto';
import { FETCHER_SCRIPT } from './fetcher-script.ts';
import { LOG_SCRIPT } from './log-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import { SAMPLE_SCRIPT } from './sample-script.ts';
import { PRESET_TABS } from './tabs.ts';

/** Where the page's assets are served. */
export const ASSETS_PATH = '/graphql/assets/';

export interface SiteOptions {
  /**
   * How the page subscribes. Only over SSE does it send what stands in its headers pane as headers: where a token is
   * asked for, it must.
   */
  readonly live: 'WS' | 'SSE';
  /** Whether anyone may post a callback: then the page offers to post one. */
  readonly offersSamples: boolean;
}

/** One file that is served. */
export interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly bytes: Buffer;
  /** Made once, at the first request that takes it. */
  readonly encoded: Map<'br' | 'gzip', Promise<Buffer>>;
}

/** The page, and by their paths below ASSETS_PATH the files that it loads. */
export interface Site {
  readonly html: Asset;
  readonly assets: ReadonlyMap<string, Asset>;
}

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="28" height="28"><rect width="16" height="16" rx="3" fill="#1d3557"/><path d="M3 5h10M3 8h7M3 11h4" stroke="#a8dadc" stroke-width="1.6" stroke-linecap="round"/></svg>`;

/** Before the editor's script runs: then it can be reached, which GraphiQL has no option for. */
const SHARES_EDITOR = 'self.MonacoEnvironment = { globalAPI: true };';
/** What a line says is read on a telephone too: nobody scrolls an editor sideways to see what to do first. */
const WRAPS_LINES =
  "self.monaco?.editor.onDidCreateEditor((made) => made.updateOptions({ wordWrap: 'on' }));";

/** GraphiQL's own script, style and workers, and what the page adds to them: the log, and the way operations are sent. */
export async function loadSite(options: SiteOptions): Promise<Site> {
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
    css: add('graphiql.css', 'text/css; charset=utf-8', `${css}\n${PAGE_STYLE}`),
    js: script('graphiql.js', `${SHARES_EDITOR}\n${js}`),
    start: script('start.js', startScript(workers, options)),
  };
  return { html: toAsset('text/html; charset=utf-8', pageHtml(urls)), assets };
}

function toAsset(type: string, text: string): Asset {
  const bytes = Buffer.from(text);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, etag, bytes, encoded: new Map() };
}

/** A file of its own, so that the page needs no inline script. */
function startScript(
  workers: Readonly<Record<string, string>>,
  { live, offersSamples }: SiteOptions,
): string {
  const options = {
    title: 'Callboard',
    logo: ICON,
    shouldPersistHeaders: false,
    defaultTabs: PRESET_TABS,
    // Room for the operation: the panes for variables and headers open at a click.
    defaultEditorToolsVisibility: false,
  };
  return `(() => {
${LOG_SCRIPT}
${FETCHER_SCRIPT}
${SAMPLE_SCRIPT}
const workers = ${inScript(workers)};
self.MonacoEnvironment = { globalAPI: true, getWorkerUrl: (_, label) => workers[label] };
${WRAPS_LINES}
const log = createLog();
if (${offersSamples}) offerSamples(document.getElementById('log-post'), log);
const options = { ...${inScript(options)}, fetcher: createFetcher('${live}', log) };
YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), options);
})();
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
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Callboard</title>
    <link rel="icon" href="${urls.icon}">
    <link rel="stylesheet" href="${urls.css}">
  </head>
  <body id="body" class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"></div>
    <section id="log" aria-label="Messages of subscriptions">
      <header>
        <button type="button" id="log-toggle" aria-expanded="false" aria-controls="log-entries">Log</button>
        <span id="log-state" role="status">Run a subscription: each of its messages stays here.</span>
        <button type="button" id="log-post" hidden>Post a callback</button>
        <button type="button" id="log-pause" aria-pressed="false">Pause</button>
        <button type="button" id="log-copy">Copy all</button>
        <button type="button" id="log-clear">Clear</button>
      </header>
      <ol id="log-entries" reversed></ol>
    </section>
    <script src="${urls.js}"></script>
    <script src="${urls.start}"></script>
  </body>
</html>
`;
}
