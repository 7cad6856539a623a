import type { Server } from 'node:http';
import { CallboardError } from '../../errors.ts';

/**
 * Connections that may wait to be taken; the system takes less where its own limit is lower (net.core.somaxconn). Where
 * there is no room a client tries again after 1, 3 and 7 s: thousands come at once when another instance has ended.
 */
const BACKLOG = 16_384;

/** Resolves with what is listened on; rejects with one clear line where it cannot be had. */
export function listenOn(
  server: Server,
  host: string,
  port: number,
): Promise<{ readonly url: string; readonly port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, host, port)));
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port, backlog: BACKLOG }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : port;
      const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
      resolve({ url: `http://${name}:${taken}`, port: taken });
    });
  });
}

function cannotListen(error: Error, host: string, port: number): CallboardError {
  const code = 'code' in error ? String(error.code) : error.message;
  const why =
    code === 'EADDRINUSE'
      ? 'something else listens there: stop it, or set another PORT'
      : `the system says ${code}`;
  return new CallboardError('UNAVAILABLE', `Cannot listen on ${host}:${port}: ${why}.`, { cause: error });
}
