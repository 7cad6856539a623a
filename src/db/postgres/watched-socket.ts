import { Socket } from 'node:net';
import { secureSocket } from './secure-socket.ts';
import type { StoreTls } from './tls.ts';

/** A server that does not answer for this long counts as dead. No statement may take longer. */
const SILENT_FOR_MS = 6_000;
const LOOK_EVERY_MS = 1_000;
/** The time to connect and to finish the TLS handshake. */
const CONNECT_WITHIN_MS = 2_000;

/** The address that postgres.js connects to: one path, or hosts with their ports. */
export interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
}

export interface WatchedSocketsOptions {
  /** Null: not encrypted. A Unix socket (`path`) never is. */
  readonly tls: StoreTls | null;
  /** Whether a silent server counts as dead; else a statement may take as long as it needs. */
  readonly watch: boolean;
  /** Called when an established connection breaks, before postgres.js is notified. */
  readonly onBroken: () => void;
  /** Called when a connection is about to be made. */
  readonly onMade: () => void;
}

/** All sockets of one client. */
export interface WatchedSockets {
  /** For postgres.js' option `socket`. A failure is emitted by the socket, as Node's own sockets do. */
  connect(address: Address): Promise<Socket>;
  /**
   * Destroys the sockets that are still open, and lets no other be opened: a client that is ended while it waits to
   * reconnect connects all the same (3.4.9), and nobody would ever close that connection.
   */
  end(): void;
}

/**
 * The sockets of one client. postgres.js waits for ever for an answer, and none comes where a connection was lost
 * without a FIN or RST (a firewall that lost its state, a frozen server): every connection would hang, and every query
 * on it. These sockets are destroyed instead; their queries fail and new connections are made.
 */
export function watchedSockets({ tls, watch, onBroken, onMade }: WatchedSocketsOptions): WatchedSockets {
  const open = new Set<Socket>();
  let turn = 0;
  let ended = false;

  async function openSocket(address: Address): Promise<Socket> {
    const { host, port, path } = address;
    const index = turn++ % host.length;
    const place = { host: host[index] ?? 'localhost', port: port[index] ?? 5432 };
    const raw = new Socket();
    open.add(raw);
    raw.once('close', () => open.delete(raw));
    if (path) raw.connect(path);
    else raw.connect(place);
    // Node buffers what postgres.js writes before the socket is connected.
    if (tls === null || path) return raw;
    return secureSocket(raw, { tls, host: place.host, withinMs: CONNECT_WITHIN_MS });
  }

  return {
    async connect(address) {
      if (ended) throw new Error('the client has ended');
      onMade();
      try {
        const socket = await openSocket(address);
        // With TLS it is another socket than `raw`.
        open.add(socket);
        socket.once('close', () => open.delete(socket));
        if (watch) watchSilence(socket);
        return guarded(socket, onBroken);
      } catch (error) {
        return failing(error);
      }
    },
    end() {
      ended = true;
      for (const socket of open) socket.destroy();
    },
  };
}

/** How long `close` is held back: `end` of postgres.js reaches its connections by a timer. */
const ENDED_WITHIN_MS = 10;

/**
 * Calls `onBroken` before postgres.js is notified that the connection broke. It is not called for a connection that the
 * server refused (too many clients, a wrong password): nothing was written on it that could be lost, postgres.js rejects
 * the one query that wanted it, and the other connections are not affected.
 */
function guarded(socket: Socket, onBroken: () => void): Socket {
  let isEstablished = false;
  whenReady(socket, () => {
    isEstablished = true;
  });
  const destroy = socket._destroy.bind(socket);
  const emit = socket.emit.bind(socket);
  return Object.assign(socket, {
    _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
      if (isEstablished) onBroken();
      destroy(error, callback);
    },
    emit(event: string | symbol, ...values: unknown[]): boolean {
      if (event !== 'close' || !isEstablished) return emit(event, ...values);
      setTimeout(() => emit(event, ...values), ENDED_WITHIN_MS);
      return true;
    },
  });
}

/** Type, and length including itself: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const HEAD_BYTES = 5;
const READY_FOR_QUERY = 'Z'.charCodeAt(0);

/** Calls back once, when the server has accepted the client. */
function whenReady(socket: Socket, ready: () => void): void {
  let head = Buffer.alloc(0);
  let skip = 0;
  const read = (chunk: Buffer) => {
    let rest = chunk;
    while (rest.length > 0) {
      const skipped = Math.min(skip, rest.length);
      skip -= skipped;
      rest = rest.subarray(skipped);
      const missing = HEAD_BYTES - head.length;
      head = Buffer.concat([head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (head.length < HEAD_BYTES) return;
      if (head[0] === READY_FOR_QUERY) {
        socket.off('data', read);
        ready();
        return;
      }
      skip = head.readUInt32BE(1) - (HEAD_BYTES - 1);
      head = Buffer.alloc(0);
    }
  };
  socket.on('data', read);
}

/** A socket that fails as soon as postgres.js listens to it: without a socket postgres.js would wait for ever. */
function failing(error: unknown): Socket {
  const socket = new Socket();
  setImmediate(() => socket.destroy(error instanceof Error ? error : new Error(String(error))));
  return socket;
}

/** Compares byte counts, which needs no listener and works for encrypted sockets too. */
function watchSilence(socket: Socket): void {
  let answered = { read: 0, written: 0, at: performance.now() };
  const timer = setInterval(() => {
    const { bytesRead: read, bytesWritten: written } = socket;
    const now = performance.now();
    if (socket.destroyed) clearInterval(timer);
    else if (read !== answered.read || written === answered.written) answered = { read, written, at: now };
    else if (now - answered.at >= SILENT_FOR_MS) socket.destroy();
  }, LOOK_EVERY_MS).unref();
}
