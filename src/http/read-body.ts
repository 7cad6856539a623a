import type { IncomingMessage } from 'node:http';

/** Bodies that may be unfinished at once, over all connections. */
const MAX_UNFINISHED = 1_000;
/** What they may hold together, in bytes. */
const MAX_UNFINISHED_BYTES = 8 * 1024 * 1024;
/** How much of a body that nobody wants is thrown away, in bytes and milliseconds, before its connection is cut. */
const MAX_DISCARDED_BYTES = 4 * 1024 * 1024;
const MAX_DISCARDING_MS = 2_000;
/** Where a body comes in several parts: the first buffer it is gathered in. */
const FIRST_BUFFER_BYTES = 4 * 1024;

/** What came of reading a body. `crowded`: it was given up for others, and may be sent again. */
export type BodyRead =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly why: 'too large' | 'crowded' };

/**
 * Reads a body whole, and never holds more than `limit` bytes of it. Too large: refused by its content-length before a
 * byte is read, else as soon as the limit is passed. Rejects where the sender goes away. Where it is not
 * read to its end, `discardBody` is the caller's to call.
 */
export type ReadBody = (request: IncomingMessage, limit: number) => Promise<BodyRead>;

interface BodyBounds {
  readonly maxUnfinished?: number;
  readonly maxUnfinishedBytes?: number;
}

/** A body of which something is still to come. */
interface Unfinished {
  bytes: number;
  giveUp(): void;
}

/**
 * Bounds what unfinished bodies cost together, in number and in bytes. Where there are too many, the one that began
 * first is given up: an honest sender's is complete within milliseconds, so the oldest is a slow one's.
 */
export function createBodyReader({
  maxUnfinished = MAX_UNFINISHED,
  maxUnfinishedBytes = MAX_UNFINISHED_BYTES,
}: BodyBounds = {}): ReadBody {
  // In the order in which they began: a Set keeps the order of insertion.
  const unfinished = new Set<Unfinished>();
  let bytes = 0;

  function keepBounds(): void {
    while (unfinished.size > maxUnfinished || bytes > maxUnfinishedBytes) {
      const [oldest] = unfinished;
      if (oldest === undefined) return;
      oldest.giveUp();
    }
  }

  return (request, limit) => {
    if (contentLengthOf(request) > limit) return Promise.resolve({ ok: false, why: 'too large' });
    return new Promise((resolve, reject) => {
      let body: Buffer | null = null;
      let size = 0;
      const refuse = (why: 'too large' | 'crowded') => {
        leave();
        resolve({ ok: false, why });
      };
      const own: Unfinished = { bytes: 0, giveUp: () => refuse('crowded') };
      const onData = (chunk: Buffer) => {
        if (size + chunk.length > limit) return refuse('too large');
        body = appended(body, size, chunk, limit);
        size += chunk.length;
        bytes += body.length - own.bytes;
        own.bytes = body.length;
        if (bytes > maxUnfinishedBytes) keepBounds();
      };
      const onEnd = () => {
        leave();
        resolve({ ok: true, body: body === null ? Buffer.alloc(0) : body.subarray(0, size) });
      };
      const onGone = () => {
        leave();
        reject(new Error('the sender went away before its body was complete'));
      };
      const leave = () => {
        unfinished.delete(own);
        bytes -= own.bytes;
        own.bytes = 0;
        request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      };
      request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
      unfinished.add(own);
      if (unfinished.size > maxUnfinished) keepBounds();
    });
  };
}

/** In bytes, as the head says; 0 where it does not. */
export function contentLengthOf(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** Lets the rest of a body pass by, so that its sender can read the answer; an endless or slow one is cut. */
export function discardBody(request: IncomingMessage): void {
  let discarded = 0;
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) request.destroy();
  });
  const late = setTimeout(() => request.destroy(), MAX_DISCARDING_MS).unref();
  request.once('end', () => clearTimeout(late)).once('close', () => clearTimeout(late));
  // The sender may go away meanwhile: nobody reads this body any more.
  request.on('error', () => undefined);
}

/**
 * `gathered`, of which `size` bytes count, and `chunk` after them. Gathered in one buffer that doubles: kept one by one,
 * bodies that come byte by byte would cost a hundred times their size.
 */
function appended(gathered: Buffer | null, size: number, chunk: Buffer, limit: number): Buffer {
  if (gathered === null) return chunk;
  const needed = size + chunk.length;
  const body =
    gathered.length >= needed
      ? gathered
      : Buffer.concat([gathered], Math.min(limit, Math.max(needed, 2 * gathered.length, FIRST_BUFFER_BYTES)));
  chunk.copy(body, size);
  return body;
}
