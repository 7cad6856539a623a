import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { closeLater } from '../closing.ts';

/** How a proxy is down: it refuses connections, or it takes them and carries nothing. */
export type Outage = 'refused' | 'silent';

/** A wire between a client and a server that a test can cut. */
export interface TcpProxy {
  /** The server's address with the proxy in its place. */
  through(url: string): string;
  cut(outage: Outage): Promise<void>;
  /** Connections made from now on lead to another server. */
  turnTo(target: string): void;
  /**
   * Carries again. What stood silent goes on where it stopped; with `forget` it stays silent for ever, as where a
   * firewall has lost its state, and only new connections are carried.
   */
  mend(options?: { forget: boolean }): Promise<void>;
}

/** Starts a proxy to the host and port of a URL; it is closed after the suite. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  let { hostname, port } = new URL(target);
  const wires = new Set<{ client: Socket; upstream: Socket }>();
  let silent = false;

  function carry(client: Socket): void {
    const upstream = connect({ host: hostname, port: Number(port) || 5432 });
    const wire = { client, upstream };
    wires.add(wire);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => {});
      from.on('close', () => {
        wires.delete(wire);
        to.destroy();
      });
      if (silent) from.pause();
    }
  }

  let server: Server = createServer(carry);
  const listen = async (at: number): Promise<void> => {
    server = createServer(carry).listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  const drop = (): void => {
    for (const { client, upstream } of wires) {
      client.destroy();
      upstream.destroy();
    }
    wires.clear();
  };
  await listen(0);
  // Kept for good: a proxy that was cut has no address of its own.
  const own = portOf(server.address());
  closeLater(async () => {
    drop();
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  });

  return {
    through(url) {
      const address = new URL(url);
      address.hostname = '127.0.0.1';
      address.port = String(own);
      return address.href;
    },
    turnTo(target) {
      ({ hostname, port } = new URL(target));
    },
    async cut(outage) {
      if (outage === 'silent') {
        silent = true;
        for (const { client, upstream } of wires) for (const end of [client, upstream]) end.pause();
        return;
      }
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
    async mend({ forget } = { forget: false }) {
      if (!server.listening) await listen(own);
      silent = false;
      if (forget) return;
      for (const { client, upstream } of wires) for (const end of [client, upstream]) end.resume();
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}
