import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { closeLater } from '../closing.ts';

/** A wire to PostgreSQL that carries everything but notifications. */
export interface DeafProxy {
  /** The server's address with the proxy in its place. */
  readonly url: string;
  /** Notifications that were swallowed. */
  swallowed(): number;
  /** Whether notifications are swallowed from now on; they are at first. */
  deafen(isDeaf: boolean): void;
}

/** A message of the server: one byte of kind, four of length (which count themselves). */
const HEAD = 5;
const NOTIFICATION = 'A'.charCodeAt(0);

/** Starts a proxy to the host and port of a URL without TLS; it is closed after the suite. */
export async function startDeafProxy(target: string): Promise<DeafProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let swallowed = 0;
  let isDeaf = true;
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port) || 5432 });
    let rest = Buffer.alloc(0);
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      const carried: Buffer[] = [];
      while (rest.length >= HEAD && rest.length > rest.readUInt32BE(1)) {
        const size = rest.readUInt32BE(1) + 1;
        if (isDeaf && rest[0] === NOTIFICATION) swallowed += 1;
        else carried.push(rest.subarray(0, size));
        rest = rest.subarray(size);
      }
      client.write(Buffer.concat(carried));
    });
    for (const [end, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(end.setNoDelay(true));
      end.on('error', () => {});
      end.on('close', () => {
        sockets.delete(end);
        other.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeLater(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy listens nowhere');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  return {
    url: url.href,
    swallowed: () => swallowed,
    deafen(next) {
      isDeaf = next;
    },
  };
}
