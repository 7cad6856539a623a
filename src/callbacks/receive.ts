import type { IncomingHttpHeaders } from 'node:http';
import type { Recorder } from '../db/record/recorder.ts';
import type { Parsed } from '../domain/journal/callback.ts';
import type { Receipt } from '../domain/journal/decide-batch.ts';
import { CallboardError } from '../errors.ts';
import { isJson } from '../http/media-type.ts';
import { type Problem, problem } from '../http/problem.ts';
import type { BodyRead } from '../http/read-body.ts';
import type { CallbackAnswered } from '../observe.ts';
import type { Authenticate } from './authenticate/authenticator.ts';
import type { FailureLimiter } from './authenticate/failure-limiter.ts';
import { parseCallback } from './parse/parse.ts';

/** The largest callback, in bytes. */
const MAX_BODY_BYTES = 256 * 1024;

/** One HTTP request of the aggregator, its body not yet read. */
export interface Incoming {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The path after `/callbacks/`; null where there is none. */
  readonly pathSecret: string | null;
  /** The client's address, as the limit on failures counts it. */
  readonly address: string;
  /** Of the body, as Content-Length says; 0 without one. */
  readonly contentLength: number;
  /** Reads the body, and no more than `limit` bytes of it. */
  read(limit: number): Promise<BodyRead>;
}

/** The answer to the aggregator. */
export interface CallbackAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Problem | Readonly<Record<string, string>>;
  /** What the event and the log report of it. */
  readonly about: About;
}

type About = Partial<Omit<CallbackAnswered, 'httpStatus' | 'ms' | 'traceparent'>>;

export interface ReceiveOptions {
  readonly authenticate: Authenticate;
  /** Slows down an address that keeps failing. */
  readonly failures: FailureLimiter;
  readonly recorder: Pick<Recorder, 'record'>;
  /** The store's clock, in milliseconds since 1970: what `receivedAt` says. */
  readonly now: () => number;
  /** While the gateway stops, callbacks not yet recorded are refused: another instance takes them. */
  readonly isDraining: () => boolean;
}

/**
 * Receives one callback, from its head to its answer (docs/callbacks.md): checks and authenticates the head, reads the
 * body, verifies the signature, parses, records, answers. A callback that cannot be applied is recorded too, as
 * quarantined: sending the same bytes again would not help.
 */
export function createReceive({ authenticate, failures, recorder, now, isDraining }: ReceiveOptions) {
  return async function receive(incoming: Incoming): Promise<CallbackAnswer> {
    if (incoming.method !== 'POST') return METHOD_NOT_ALLOWED;
    if (!isJson(incoming.headers['content-type'])) return UNSUPPORTED_MEDIA_TYPE;
    if (incoming.contentLength > MAX_BODY_BYTES) return TOO_LARGE;

    const { headers, pathSecret, address } = incoming;
    const byHead = authenticate({ headers, pathSecret });
    // A request refused by its head is not read.
    if (typeof byHead === 'object' && !byHead.ok) return notAuthentic(failures.failed(address));
    const reading = await incoming.read(MAX_BODY_BYTES);
    if (!reading.ok)
      return reading.why === 'too large' ? TOO_LARGE : comeBackLater('too many bodies are unfinished');
    const { body } = reading;
    const proof = typeof byHead === 'function' ? byHead(body) : byHead;
    if (!proof.ok) return notAuthentic(failures.failed(address));
    if (isDraining()) return comeBackLater('the gateway is stopping');

    try {
      const parsed = parseCallback(body);
      const { webhookId } = proof;
      const receipt = await recorder.record({ parsed, body, receivedAt: now(), webhookId });
      return recorded(receipt, parsed, body.length);
    } catch (error) {
      if (error instanceof CallboardError && error.retryable) return comeBackLater(error.message);
      throw error;
    }
  };
}

function recorded(receipt: Receipt, parsed: Parsed, bytes: number): CallbackAnswer {
  const { outcome, position } = receipt;
  const callback = parsed.ok ? parsed.callback : null;
  return {
    status: 200,
    body:
      outcome === 'quarantined'
        ? { outcome, reason: receipt.reason }
        : { outcome, position: String(position) },
    about: {
      outcome,
      kind: parsed.ok ? parsed.callback.kind : parsed.kind,
      stage: callback !== null && 'stage' in callback ? callback.stage : null,
      status: callback?.status ?? null,
      position,
      bytes,
    },
  };
}

const METHOD_NOT_ALLOWED: CallbackAnswer = {
  status: 405,
  headers: { allow: 'POST' },
  body: problem(405, 'A callback is a POST.'),
  about: { cause: 'not a POST' },
};

const UNSUPPORTED_MEDIA_TYPE: CallbackAnswer = {
  status: 415,
  body: problem(415, 'A callback is JSON: send Content-Type: application/json.'),
  about: { cause: 'not JSON by its Content-Type' },
};

const TOO_LARGE: CallbackAnswer = {
  status: 413,
  body: problem(413, 'A callback has at most 256 KiB.'),
  about: { cause: 'larger than 256 KiB' },
};

/** One answer for every reason, so that nobody learns by trying; 429 for an address that keeps failing. */
function notAuthentic(retryAfterSeconds: number | null): CallbackAnswer {
  if (retryAfterSeconds === null)
    return { status: 401, body: problem(401, 'This callback is not authentic.'), about: NOT_AUTHENTIC };
  return {
    status: 429,
    headers: { 'retry-after': String(retryAfterSeconds) },
    body: problem(429, 'Too many callbacks from this address were not authentic.'),
    about: NOT_AUTHENTIC,
  };
}

const NOT_AUTHENTIC: About = { cause: 'not authentic: its signature or secret is missing, wrong or stale' };

/** Jittered over 5–15 s, so that senders do not all come back at once. */
function comeBackLater(cause: string): CallbackAnswer {
  return {
    status: 503,
    headers: { 'retry-after': String(5 + Math.floor(Math.random() * 11)) },
    body: problem(503, 'The callback could not be recorded now. Send it again.'),
    about: { cause },
  };
}
