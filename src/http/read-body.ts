import type { IncomingMessage } from 'node:http';

/** The most unfinished bodies at once, over all connections. */
const MAX_UNFINISHED = 1_000;
/** The most bytes they hold together. */
const MAX_UNFINISHED_BYTES = 8 * 1024 * 1024;
/** How much of an unwanted body is discarded, in bytes and milliseconds, before its connection is cut. */
const MAX_DISCARDED_BYTES = 4 * 1024 * 1024;
const MAX_DISCARDING_MS = 2_000;
/** The size of the first buffer for a body that arrives in several parts. */
const FIRST_BUFFER_BYTES = 4 * 1024;

/** The result of reading a body. `crowded`: it was given up in favour of others, and may be sent again. */
export type BodyRead =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly why: 'too large' | 'crowded' };

/**
 * Reads a whole body, and never holds more than `limit` bytes of it. A larger one is refused by its Content-Length
 * before a byte is read, else as soon as it exceeds the limit. Rejects where the client disconnects. Where the body was
 * not read to its end, the caller calls `discardBody`.
 */
export type ReadBody = (request: IncomingMessage, limit: number) => Promise<BodyRead>;

interface BodyBounds {
  readonly maxUnfinished?: number;
  readonly maxUnfinishedBytes?: number;
}

/** A body that is not complete yet. */
interface Unfinished {
  bytes: number;
  /** Null once it has left: what `unfinished` once held may outlive it by far, see docs/decisions/0056. */
  giveUp: (() => void) | null;
}

/**
 * Bounds all unfinished bodies together, in number and in bytes. Above a bound, the one that began first is given up:
 * a well-behaved client's body is complete within milliseconds, so the oldest is a slow client's.
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
      oldest.giveUp?.();
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
        own.giveUp = null;
        request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      };
      request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
      unfinished.add(own);
      if (unfinished.size > maxUnfinished) keepBounds();
    });
  };
}

/** In bytes, as Content-Length says; 0 without one. */
export function contentLengthOf(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** Discards the rest of a body, so that the client can read the answer; an endless or slow one is cut. */
export function discardBody(request: IncomingMessage): void {
  let discarded = 0;
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) request.destroy();
  });
  const late = setTimeout(() => request.destroy(), MAX_DISCARDING_MS).unref();
  request.once('end', () => clearTimeout(late)).once('close', () => clearTimeout(late));
  // The client may disconnect meanwhile: nobody reads this body any more.
  request.on('error', () => undefined);
}

/**
 * The first `size` bytes of `gathered` followed by `chunk`, in one buffer that doubles as needed: kept as separate
 * chunks, bodies that arrive byte by byte would take a hundred times their size.
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
