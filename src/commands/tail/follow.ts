import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { failureReason } from '../../http/failure-reason.ts';
import { readMessages } from './read-messages.ts';

const Callback = z.object({
  position: z.string(),
  receivedAt: z.string(),
  kind: z.string().nullable(),
  outcome: z.string(),
  reason: z.string().nullable(),
  reported: z.object({
    sessionId: z.string().nullable(),
    paymentId: z.string().nullable(),
    stage: z.string().nullable(),
    status: z.string().nullable(),
  }),
  body: z.string().nullable(),
  bodyBase64: z.string().nullable(),
});
/** A callback as the gateway shows it; its bodies are null for a token that may not read them. */
export type TailedCallback = z.infer<typeof Callback>;

const Change = z.object({ cursor: z.string(), recovered: z.boolean(), callback: Callback.nullable() });
/** A message of `callbackRecorded`; `callback` is null in the opening one. */
export type Tailed = z.infer<typeof Change>;

const Failure = z.object({
  message: z.string(),
  extensions: z.looseObject({ retryable: z.boolean().optional() }).optional(),
});
const Answer = z.object({
  data: z.object({ callbackRecorded: Change }).nullish(),
  errors: z.array(Failure).optional(),
});

const DOCUMENT = `subscription Tail($filter: CallbackFilter) {
  callbackRecorded(filter: $filter) {
    cursor
    recovered
    callback {
      position receivedAt kind outcome reason body bodyBase64
      reported { sessionId paymentId stage status }
    }
  }
}`;

export interface FollowOptions {
  /** The gateway's address. */
  readonly url: string;
  /** Of an operator; null in explore mode. */
  readonly token: string | null;
  readonly filter: unknown;
  /** The newest cursor that is held; null begins with what comes now. */
  readonly after: string | null;
  readonly signal: AbortSignal;
  /** Called when the connection is lost, with the reason. */
  readonly onLost: (reason: string) => void;
}

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;

/**
 * The messages of `callbackRecorded`, in order and without a gap: where the connection is lost it is opened again with
 * the cursor of the last message that was taken. Ends when the signal aborts.
 * @throws Error where the gateway refuses the subscription for good
 */
export async function* follow(options: FollowOptions): AsyncGenerator<Tailed> {
  const { signal, onLost } = options;
  let { after } = options;
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      for await (const text of readMessages(await subscribe({ ...options, after }))) {
        const change = read(text);
        if (change === null) break;
        tries = 0;
        yield change;
        after = change.cursor;
      }
      if (!signal.aborted) onLost('the gateway ended the stream');
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      if (signal.aborted) return;
      onLost(failureReason(error));
    }
    const wait = Math.min(FIRST_WAIT_MS * 2 ** tries, MAX_WAIT_MS);
    await setTimeout(wait, undefined, { signal }).catch(() => {});
  }
}

/** Another try would be refused as well. */
class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

async function subscribe({ url, token, filter, after, signal }: FollowOptions): Promise<Response> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({
      query: DOCUMENT,
      variables: { filter },
      ...(after === null ? {} : { extensions: { after } }),
    }),
    redirect: 'manual',
    signal,
  });
  if (response.status === 200) return response;
  const text = (await response.text()).slice(0, 500);
  const reason = `${url} answered ${response.status} ${text}`;
  throw response.status === 429 || response.status >= 500 ? new Error(reason) : new RefusedError(reason);
}

/** Null where the gateway ended the operation, and it is worth another try. */
function read(text: string): Tailed | null {
  const { data, errors = [] } = Answer.parse(JSON.parse(text));
  const [failure] = errors;
  if (failure === undefined) return data?.callbackRecorded ?? null;
  if (failure.extensions?.retryable === true) return null;
  throw new RefusedError(`the gateway refuses the subscription: ${failure.message}`);
}
