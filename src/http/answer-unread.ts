import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** How long the connection stays open after the answer: closed at once, the client may lose the answer. */
const LINGER_MS = 1_000;

/**
 * Answers a request and reads nothing more of it: what the client still sends waits in the kernel, and the connection
 * is closed a second later.
 */
export function answerUnread(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  text: string,
): void {
  // Drops what arrived together with the head: it would stay in memory until the connection ends.
  req.read();
  // `read` resumes the socket on the next tick; paused again after it.
  setImmediate(() => req.socket.pause());
  const cut = setTimeout(() => req.socket.destroy(), LINGER_MS).unref();
  res.once('close', () => clearTimeout(cut));
  res.writeHead(status, { ...headers, connection: 'close', 'content-length': Buffer.byteLength(text) });
  // Written but not ended: at the end Node would read on, and close the connection by itself.
  res.write(text);
}
