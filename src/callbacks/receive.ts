import type { IncomingHttpHeaders } from 'node:http';
import type { Parsed } from '../domain/callback.ts';
import { CallboardError } from '../errors.ts';
import { isJson } from '../http/media-type.ts';
import { type Problem, problem } from '../http/problem.ts';
import type { BodyRead } from '../http/read-body.ts';
import { parseCallback } from './parse.ts';

/** The largest callback, in bytes (DESIGN §3). */
const LARGEST = 256 * 1024;

/** One HTTP request of the aggregator, its body not yet read. */
export interface Incoming {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** What stood behind `/callbacks/`; null where nothing did. */
  readonly pathSecret: string | null;
  /** Whom an address limit counts. */
  readonly address: string;
  /** Reads the body, and no more than `limit` bytes of it. */
  read(limit: number): Promise<BodyRead>;
}

/** Who proves to be the aggregator, and by which id; or how to answer who does not. */
export type Verdict =
  | { readonly ok: true; readonly webhookId: string | null }
  | { readonly ok: false; readonly status: 401 }
  | { readonly ok: false; readonly status: 429; readonly retryAfterSeconds: number };

export type Authenticate = (incoming: Incoming, body: Uint8Array) => Verdict;

/** What the journal made of a callback; given only after its COMMIT. */
export type Receipt =
  | { readonly outcome: 'recorded' | 'repeated' | 'late'; readonly position: number }
  | { readonly outcome: 'quarantined'; readonly position: number; readonly reason: string };

/** Records one authentic callback; rejects with UNAVAILABLE where it cannot be committed in time. */
export type RecordCallback = (delivery: {
  readonly parsed: Parsed;
  readonly body: Uint8Array;
  readonly receivedAt: number;
  readonly webhookId: string | null;
}) => Promise<Receipt>;

/** What the aggregator is answered. */
export interface CallbackAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Problem | Readonly<Record<string, string>>;
}

interface Parts {
  readonly authenticate: Authenticate;
  readonly record: RecordCallback;
  /** While the gateway stops, what is not yet in is refused: another instance takes it. */
  readonly isDraining: () => boolean;
}

/**
 * The whole way in (DESIGN §3): judged by its head, read, authenticated, parsed, recorded, answered. What cannot
 * be applied is recorded too, as quarantined: the same bytes sent again could do no better.
 */
export function createReceive({ authenticate, record, isDraining }: Parts) {
  return async function receive(incoming: Incoming): Promise<CallbackAnswer> {
    if (incoming.method !== 'POST') return METHOD_NOT_ALLOWED;
    if (!isJson(incoming.headers['content-type'])) return UNSUPPORTED_MEDIA_TYPE;
    const reading = await incoming.read(LARGEST);
    if (!reading.ok) return TOO_LARGE;
    const { body } = reading;

    const verdict = authenticate(incoming, body);
    if (!verdict.ok)
      return verdict.status === 401 ? NOT_AUTHENTIC : tooManyFailures(verdict.retryAfterSeconds);
    if (isDraining()) return comeBackLater();

    try {
      const parsed = parseCallback(body);
      const { webhookId } = verdict;
      return recorded(await record({ parsed, body, receivedAt: Date.now(), webhookId }));
    } catch (error) {
      if (error instanceof CallboardError && error.retryable) return comeBackLater();
      throw error;
    }
  };
}

function recorded(receipt: Receipt): CallbackAnswer {
  const { outcome } = receipt;
  return {
    status: 200,
    body:
      outcome === 'quarantined'
        ? { outcome, reason: receipt.reason }
        : { outcome, position: String(receipt.position) },
  };
}

const METHOD_NOT_ALLOWED: CallbackAnswer = {
  status: 405,
  headers: { allow: 'POST' },
  body: problem(405, 'A callback is a POST.'),
};

const UNSUPPORTED_MEDIA_TYPE: CallbackAnswer = {
  status: 415,
  body: problem(415, 'A callback is JSON: send Content-Type: application/json.'),
};

const TOO_LARGE: CallbackAnswer = { status: 413, body: problem(413, 'A callback has at most 256 KiB.') };

/** The same for whatever was wrong, so that nobody learns by trying. */
const NOT_AUTHENTIC: CallbackAnswer = { status: 401, body: problem(401, 'This callback is not authentic.') };

function tooManyFailures(seconds: number): CallbackAnswer {
  return {
    status: 429,
    headers: { 'retry-after': String(seconds) },
    body: problem(429, 'Too many callbacks from this address were not authentic.'),
  };
}

/** Jittered over 5–15 s, so that senders do not all come back at once. */
export function comeBackLater(): CallbackAnswer {
  return {
    status: 503,
    headers: { 'retry-after': String(5 + Math.floor(Math.random() * 11)) },
    body: problem(503, 'The callback could not be recorded now. Send it again.'),
  };
}
