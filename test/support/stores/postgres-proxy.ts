import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { closeLater } from '../closing.ts';

/** A proxy to PostgreSQL that reads the messages which it carries. */
export interface PostgresProxy {
  /** The server's address with the proxy in its place. */
  readonly url: string;
  /** Statements that were sent through it so far, each time that they were executed. */
  executed(): number;
  /** Rows that the server sent through it so far. */
  rows(): number;
  /** Whether notifications are dropped from now on; at first they are carried. */
  dropNotifications(drop: boolean): void;
  /** Notifications that were dropped so far. */
  dropped(): number;
  /**
   * Cuts the connection of the nth statement that is sent from now on: before the server gets it, or when the server
   * answers, and then no answer is carried.
   */
  cutAt(nth: number, when: Cut): void;
  /** Connections that were cut so far. */
  cuts(): number;
}

export type Cut = 'before' | 'after';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
const EXECUTE = 'E'.charCodeAt(0);
const SIMPLE_QUERY = 'Q'.charCodeAt(0);
const NOTIFICATION = 'A'.charCodeAt(0);
const DATA_ROW = 'D'.charCodeAt(0);

/** Starts a proxy to the host and port of a URL without TLS; it is closed after the suite. */
export async function startPostgresProxy(target: string): Promise<PostgresProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let executed = 0;
  let rows = 0;
  let dropped = 0;
  let drops = false;
  let cut: { statements: number; readonly when: Cut } | null = null;
  let cuts = 0;

  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port) || 5432 });
    // A client's first message has no type.
    const fromClient = createSplitter(0);
    const fromServer = createSplitter(1);
    let isCutAtAnswer = false;
    const cutNow = (): void => {
      cuts += 1;
      client.destroy();
    };
    client.on('data', (chunk) => {
      for (const { type, bytes } of fromClient(chunk)) {
        if (type === EXECUTE || type === SIMPLE_QUERY) {
          executed += 1;
          if (cut !== null && --cut.statements === 0) {
            const { when } = cut;
            cut = null;
            if (when === 'before') return cutNow();
            isCutAtAnswer = true;
          }
        }
        upstream.write(bytes);
      }
    });
    upstream.on('data', (chunk) => {
      if (isCutAtAnswer) return cutNow();
      const messages = fromServer(chunk);
      for (const { type } of messages) if (type === DATA_ROW) rows += 1;
      const carried = messages.filter(({ type }) => !drops || type !== NOTIFICATION);
      dropped += messages.length - carried.length;
      client.write(Buffer.concat(carried.map(({ bytes }) => bytes)));
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
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  return {
    url: url.href,
    executed: () => executed,
    rows: () => rows,
    dropped: () => dropped,
    cutAt(nth, when) {
      cut = { statements: nth, when };
    },
    cuts: () => cuts,
    dropNotifications(drop) {
      drops = drop;
    },
  };
}

interface PostgresMessage {
  /** Null for a client's first one. */
  readonly type: number | null;
  readonly bytes: Buffer;
}

/**
 * Splits one direction of a connection into messages, whole ones only: a type of one byte (none in the first message
 * where `typeBytes` is 0), then four bytes of length, which count themselves.
 */
function createSplitter(typeBytes: 0 | 1): (chunk: Buffer) => readonly PostgresMessage[] {
  let rest = Buffer.alloc(0);
  let before: number = typeBytes;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const messages: PostgresMessage[] = [];
    while (rest.length >= before + 4) {
      const size = before + rest.readUInt32BE(before);
      if (rest.length < size) break;
      messages.push({ type: before === 0 ? null : (rest[0] ?? null), bytes: rest.subarray(0, size) });
      rest = rest.subarray(size);
      before = 1;
    }
    return messages;
  };
}
