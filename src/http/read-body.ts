import type { IncomingMessage } from 'node:http';

/** How much of a refused body is thrown away, in bytes, before its connection is cut. */
const DISCARDED = 4 * 1024 * 1024;

/** What came of reading a body. */
export type BodyRead = { readonly ok: true; readonly body: Buffer } | { readonly ok: false };

/**
 * Reads a body whole, and never holds more than `limit` bytes of it. Not ok where it is larger: told by its
 * content-length before a byte is read, else as soon as the limit is passed. What is left of it is thrown away, so
 * that the sender can read the answer. Rejects where the sender goes away.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<BodyRead> {
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    discard(request);
    return Promise.resolve({ ok: false });
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      leave();
      discard(request);
      resolve({ ok: false });
    };
    const onEnd = () => {
      leave();
      const [only] = chunks;
      resolve({
        ok: true,
        body: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size),
      });
    };
    const onGone = () => {
      leave();
      reject(new Error('the sender went away before its body was complete'));
    };
    const leave = () => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    };
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/** Lets the rest of a body pass by; an endless one is cut. */
function discard(request: IncomingMessage): void {
  let discarded = 0;
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > DISCARDED) request.destroy();
  });
  // The sender may go away meanwhile: nobody reads this body any more.
  request.on('error', () => undefined);
}
