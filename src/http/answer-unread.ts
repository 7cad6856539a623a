import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** How long the connection stays after the answer: one that is closed at once may take the answer with it. */
const LINGER_MS = 1_000;

/**
 * Answers a request and reads nothing more of it: what its sender goes on to send waits in the kernel, and the
 * connection is closed a second later.
 */
export function answerUnread(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  text: string,
): void {
  // What came together with the head is here already, and would be held until the connection ends.
  req.read();
  // Reading has let the socket go on, from the next tick on.
  setImmediate(() => req.socket.pause());
  const cut = setTimeout(() => req.socket.destroy(), LINGER_MS).unref();
  res.once('close', () => clearTimeout(cut));
  res.writeHead(status, { ...headers, connection: 'close', 'content-length': Buffer.byteLength(text) });
  // Not ended: Node would go on reading, and close the connection by itself.
  res.write(text);
}
