import { Socket } from 'node:net';

/** A server that leaves what was sent unanswered for this long is taken for gone. No statement may take longer. */
const SILENT_FOR_MS = 6_000;
const LOOK_EVERY_MS = 1_000;

/** Where postgres.js was told to connect: one path, or hosts with their ports. */
export interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
}

/**
 * The sockets of one client. postgres.js waits for ever for an answer, and where a wire was
 * cut without a word (a firewall that lost its state, a frozen server) none comes: every connection would hang,
 * and with it every query. These sockets are destroyed instead; their queries fail and new connections are made.
 *
 * @param onBroken called when a connection that stood goes, before anything else hears of it
 * @param onMade called when a connection is about to be made
 */
export function watchedSockets(onBroken: () => void, onMade: () => void): WatchedSockets {
  const open = new Set<Socket>();
  let turn = 0;
  let ended = false;
  return {
    connect({ host, port, path }) {
      if (ended) throw new Error('the client has ended');
      onMade();
      const index = turn++ % host.length;
      const place = { host: host[index] ?? 'localhost', port: port[index] ?? 5432 };
      const socket = new StoreSocket(onBroken);
      // What postgres.js writes before the connection stands is kept by Node until then.
      if (path) socket.connect(path);
      else socket.connect(place);
      watch(socket, () => open.delete(socket));
      open.add(socket);
      // TLS takes the name of the server from here.
      return Object.assign(socket, place);
    },
    end() {
      ended = true;
      for (const socket of open) socket.destroy();
    },
  };
}

/** All sockets of one client. */
export interface WatchedSockets {
  /** For postgres.js' option `socket`. */
  connect(address: Address): Socket;
  /**
   * The end of those that would not end in peace. No other is opened: a client that is ended while it waits to connect
   * again connects all the same (3.4.9), and nobody would ever close that connection.
   */
  end(): void;
}

/** How long the end of a client takes to reach its connections: `end` of postgres.js uses a timer. */
const ENDED_WITHIN_MS = 10;

/**
 * Tells that it breaks before postgres.js hears of it. By its own method and not by a listener, since postgres.js
 * takes off every listener when it goes over to TLS.
 */
class StoreSocket extends Socket {
  readonly #onBroken: () => void;

  constructor(onBroken: () => void) {
    super();
    this.#onBroken = onBroken;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Where no connection stood yet, postgres.js itself says so and tries again.
    if (this.bytesRead > 0) this.#onBroken();
    super._destroy(error, callback);
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event !== 'close' || this.bytesRead === 0) return super.emit(event, ...values);
    setTimeout(() => super.emit(event, ...values), ENDED_WITHIN_MS);
    return true;
  }
}

/** Counts bytes rather than listening: postgres.js takes off every listener when it goes over to TLS. */
function watch(socket: Socket, gone: () => void): void {
  let answered = { read: 0, written: 0, at: performance.now() };
  const timer = setInterval(() => {
    const { bytesRead: read, bytesWritten: written } = socket;
    const now = performance.now();
    if (socket.destroyed) {
      clearInterval(timer);
      gone();
    } else if (read !== answered.read || written === answered.written) answered = { read, written, at: now };
    else if (now - answered.at >= SILENT_FOR_MS) socket.destroy();
  }, LOOK_EVERY_MS).unref();
}
