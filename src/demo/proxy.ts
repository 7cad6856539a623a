import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { GatewayProcess } from './gateway-process.ts';

/** A request waits for a gateway that starts again for this long, in milliseconds. */
const WAITS_MS = 15_000;

/**
 * Passes requests, streams and sockets to the gateway, so that the page and the gateway have one origin. Where the
 * gateway ends, what it had open is cut, as a browser would see it without a proxy.
 */
export function createProxy(gateway: Pick<GatewayProcess, 'url' | 'ready'>) {
  const { hostname: host, port } = new URL(gateway.url);

  return {
    async request(req: IncomingMessage, res: ServerResponse): Promise<void> {
      await Promise.race([gateway.ready(), waits()]);
      const { connection: _, ...headers } = req.headers;
      const passed = request({ host, port, method: req.method, path: req.url, headers, agent: false });
      passed.once('error', () => res.destroy());
      passed.once('response', (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        res.flushHeaders();
        answer.once('error', () => res.destroy());
        answer.pipe(res);
      });
      res.once('close', () => passed.destroy());
      req.pipe(passed);
    },

    upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
      const passed = connect({ host, port: Number(port) }, () => {
        const lines = [`${req.method} ${req.url} HTTP/1.1`];
        for (let place = 0; place < req.rawHeaders.length; place += 2) {
          lines.push(`${req.rawHeaders[place]}: ${req.rawHeaders[place + 1]}`);
        }
        passed.write(`${lines.join('\r\n')}\r\n\r\n`);
        passed.write(head);
        passed.pipe(socket).pipe(passed);
      });
      for (const [one, other] of [
        [passed, socket],
        [socket, passed],
      ] as const) {
        one.once('error', () => other.destroy());
        one.once('close', () => other.destroy());
      }
    },
  };
}

function waits(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, WAITS_MS).unref();
  });
}
