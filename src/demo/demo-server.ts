import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answer, answerProblem } from '../http/answer.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { PAGE_HTML } from './page-html.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import { createProxy } from './proxy.ts';
import { ACTS, type Act, type Show } from './show.ts';

/** Serves the demo's page. Everything but `/demo` is the gateway's. */
export interface DemoServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** Sends the state to the pages that are open. */
  publish(): void;
  close(): Promise<void>;
}

export interface DemoServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly gateway: GatewayProcess;
  readonly show: () => Show;
  /** Called once, when a page listens. */
  readonly onFirstPage: () => void;
}

/** Nothing is loaded or run but what this server serves. */
const SECURITY = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};
const FILES: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/demo': ['text/html; charset=utf-8', PAGE_HTML],
  '/demo/page.js': ['text/javascript; charset=utf-8', PAGE_SCRIPT],
  '/demo/page.css': ['text/css; charset=utf-8', PAGE_STYLE],
};

/** @throws Error where the port is taken */
export async function startDemoServer(options: DemoServerOptions): Promise<DemoServer> {
  const { port, gateway, show } = options;
  const proxy = createProxy(gateway);
  const pages = new Set<ServerResponse>();
  const sockets = new Set<Duplex>();
  let isWatched = false;
  const message = () =>
    `data: ${JSON.stringify({ ...show().state, gateway: gateway.isUp ? 'up' : 'down' })}\n\n`;

  const server = createServer((req, res) => {
    const path = (req.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/') return answer(res, 302, { location: '/demo' }, '');
    if (path !== '/demo' && !path.startsWith('/demo/')) return void proxy.request(req, res);
    if (!isOwn(req)) return answerProblem(res, 421, 'The demo answers to pages of its own address only.');
    const file = FILES[path];
    if (file !== undefined && req.method === 'GET')
      return answer(res, 200, { ...SECURITY, 'content-type': file[0] }, file[1]);
    if (path === '/demo/live' && req.method === 'GET') return open(res);
    const act = /^\/demo\/acts\/(\w+)$/.exec(path)?.[1];
    if (act === undefined || req.method !== 'POST') return answerProblem(res, 404, 'Nothing is served here.');
    if (!isAct(act)) return answerProblem(res, 404, `There is no act ${act}.`);
    if (act === 'kill') gateway.kill();
    void show()
      .act(act)
      .catch(() => {});
    return answer(res, 202, {}, '');
  });
  server.on('upgrade', (req, socket, head) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    proxy.upgrade(req, socket, head);
  });

  function open(res: ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    res.write(`retry: 1000\n\n${message()}`);
    pages.add(res);
    res.once('close', () => pages.delete(res));
    if (!isWatched) options.onFirstPage();
    isWatched = true;
  }

  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${taken}`,
    publish() {
      const text = message();
      for (const page of pages) page.write(text);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The buttons need no credentials: a page of another site must not press them, also under a name of its own. */
function isOwn({ headers }: IncomingMessage): boolean {
  const host = headers.host ?? '';
  if (!/^(?:localhost|127\.0\.0\.1)(?::\d+)?$/i.test(host)) return false;
  return headers.origin === undefined || headers.origin === `http://${host}`;
}

function isAct(text: string): text is Act {
  return ACTS.some((act) => act === text);
}
