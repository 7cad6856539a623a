import type { IncomingHttpHeaders } from 'node:http';
import { closeLater } from '../closing.ts';
import { createAsyncQueue } from './async-queue.ts';
import { type Headers, type Operation, open, toResult } from './client.ts';
import type { Subscribed } from './subscribe-ws.ts';

/** One block of a stream, as its lines said: fields that were not sent are undefined. */
export interface SseFrame {
  readonly event?: string;
  readonly id?: string;
  readonly retry?: string;
  readonly data?: string;
  /** Of a line that begins with a colon. */
  readonly comment?: string;
  /** The lines, without the empty one that ends the block. */
  readonly raw: string;
}

export interface SseOptions {
  /** GET as an EventSource does, or POST (default) as graphql-sse does. */
  readonly method?: 'GET' | 'POST';
  readonly headers?: Headers;
}

export interface SseSubscribed extends Subscribed {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Settles when the stream is over: true when the server ended it properly, false when it was cut. */
  readonly ended: Promise<boolean>;
  /** The next frame that is not a comment or a `retry:` alone. */
  nextFrame(timeoutMs?: number): Promise<SseFrame>;
  /** Everything received so far. */
  raw(): string;
}

/** Subscribes over SSE by raw HTTP; resolves with the head of the answer, of any status. */
export async function subscribeSse(
  url: string,
  { method = 'POST', headers = {}, ...operation }: Operation & SseOptions,
): Promise<SseSubscribed> {
  const accepting = { accept: 'text/event-stream', ...headers };
  const response = await (method === 'GET'
    ? open(`${url}/graphql?${toSearch(operation)}`, { headers: accepting })
    : open(`${url}/graphql`, {
        method,
        headers: { 'content-type': 'application/json', ...accepting },
        body: JSON.stringify(operation),
      }));
  const arrived = createAsyncQueue<SseFrame>('SSE');
  let received = '';
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    received += text;
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const frame of blocks.map(toFrame)) {
      if (frame.event !== undefined || frame.data !== undefined) arrived.push(frame);
    }
  });
  // A cut shows as an error and then as a close; `ended` tells it apart by `complete`.
  response.on('error', () => {});
  const ended = new Promise<boolean>((resolve) => {
    response.once('close', () => {
      arrived.end(`over, ${response.complete ? 'ended' : 'cut'}`);
      resolve(response.complete);
    });
  });
  const close = async (): Promise<void> => {
    response.destroy();
    await ended;
  };
  closeLater(close);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    ended,
    nextFrame: (timeoutMs) => arrived.next(timeoutMs),
    async next(timeoutMs) {
      const frame = await arrived.next(timeoutMs);
      if (frame.event !== 'next' || frame.data === undefined)
        throw new Error(`expected a result: ${frame.raw}`);
      return toResult(JSON.parse(frame.data));
    },
    pending: () => arrived.size,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    raw: () => received,
    close,
  };
}

function toSearch({ query, variables, operationName, extensions }: Operation): URLSearchParams {
  const search = new URLSearchParams({ query });
  if (variables !== undefined) search.set('variables', JSON.stringify(variables));
  if (operationName !== undefined) search.set('operationName', operationName);
  if (extensions !== undefined) search.set('extensions', JSON.stringify(extensions));
  return search;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
function toFrame(raw: string): SseFrame {
  const fields: Record<string, string> = {};
  for (const line of raw.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon === 0 ? 'comment' : colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    fields[name] = fields[name] === undefined ? value : `${fields[name]}\n${value}`;
  }
  return { ...fields, raw };
}
