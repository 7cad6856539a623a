import { setTimeout } from 'node:timers/promises';
import { failureReason } from '../../http/failure-reason.ts';
import { addressOf, type Proof, proofHeaders } from './proof.ts';

/** A callback as it is posted. */
export interface Message {
  /** The same for every sending of one callback. */
  readonly id: string;
  readonly body: string;
}

/** What became of a delivery. */
export interface Delivered {
  /** The gateway's word: recorded, repeated, late or quarantined. */
  readonly outcome: string;
  /** Tries that were not answered 200. */
  readonly retries: number;
}

/** The gateway does not take callbacks from this sender, or did not for too long: nothing more is sent. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

export interface DeliverOptions {
  /** The gateway's address. */
  readonly url: string;
  readonly proof: Proof;
  /** Ends a try and the wait for the next. */
  readonly signal: AbortSignal;
}

const ANSWERED_WITHIN_MS = 10_000;
/** A callback is tried for this long, as aggregators do for minutes to days. */
const TRIED_FOR_MS = 120_000;
const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;

/**
 * Sends callbacks as an aggregator does: one counts as delivered only when it is answered 200. Where the connection is
 * lost, or the answer is 429 or 5xx, it is sent again, with waits that double up to 5 s, and never before Retry-After.
 */
export function createDeliver({ url, proof, signal }: DeliverOptions) {
  const address = addressOf(url, proof);

  async function post({ id, body }: Message): Promise<Response> {
    return fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...proofHeaders(proof, id, body, Date.now()) },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWERED_WITHIN_MS)]),
    });
  }

  /** @throws RefusedError for another answer, or after two minutes; the signal's reason where that ends it */
  return async function deliver(message: Message): Promise<Delivered> {
    const until = performance.now() + TRIED_FOR_MS;
    for (let retries = 0; ; retries += 1) {
      const answer = await post(message).then(read, (error: unknown) => lost(error, signal));
      if (answer.outcome !== null) return { outcome: answer.outcome, retries };
      if (!answer.isWorthARetry)
        throw new RefusedError(`${address.replace(/\/callbacks.*/, '')} answered ${answer.reason}`);
      if (performance.now() > until) {
        throw new RefusedError(`a callback was not taken within ${TRIED_FOR_MS / 1_000} s: ${answer.reason}`);
      }
      const wait = Math.min(FIRST_WAIT_MS * 2 ** retries, MAX_WAIT_MS);
      await setTimeout(Math.max(wait, answer.retryAfterMs), undefined, { signal });
    }
  };
}

interface Answer {
  /** Null where it was not taken. */
  readonly outcome: string | null;
  readonly isWorthARetry: boolean;
  readonly retryAfterMs: number;
  readonly reason: string;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const retryAfterMs = (Number(response.headers.get('retry-after')) || 0) * 1_000;
  const { status } = response;
  return {
    outcome: status === 200 ? outcomeIn(text) : null,
    isWorthARetry: status === 429 || status >= 500,
    retryAfterMs,
    reason: `${status} ${text.slice(0, 200)}`,
  };
}

function lost(error: unknown, signal: AbortSignal): Answer {
  signal.throwIfAborted();
  return { outcome: null, isWorthARetry: true, retryAfterMs: 0, reason: failureReason(error) };
}

function outcomeIn(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && 'outcome' in answer) return String(answer.outcome);
  } catch {
    // Another server may answer 200 with anything.
  }
  return 'taken';
}
