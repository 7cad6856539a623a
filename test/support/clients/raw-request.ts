import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { closeLater } from '../closing.ts';

/** A connection on which a test writes HTTP by hand. */
export interface RawRequest {
  readonly socket: Socket;
  /** The status of the first answer; rejects where the connection ends without one. */
  readonly status: Promise<number>;
  readonly closed: Promise<void>;
}

/** The head of a POST of JSON. `more` are whole header lines, each with its line break. */
export const headOf = (path: string, contentLength: number, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${contentLength}\r\n${more}\r\n`;

/** Connects and writes this text, and no more by itself. Cut after the suite where it still stands. */
export async function rawRequest(url: string, text: string): Promise<RawRequest> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  closeLater(async () => {
    socket.destroy();
    await closed;
  });
  const status = new Promise<number>((resolve, reject) => {
    socket.once('data', (data: Buffer) => {
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(data.toString('latin1'))?.[1]));
      socket.resume();
    });
    socket.once('close', () => reject(new Error('the connection ended without an answer')));
  });
  status.catch(() => undefined);
  await once(socket, 'connect');
  socket.write(text);
  return { socket, status, closed };
}
