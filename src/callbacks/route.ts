import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, JSON_TYPE } from '../http/answer.ts';
import { answerUnread } from '../http/answer-unread.ts';
import type { ClientAddress } from '../http/client-address.ts';
import { PROBLEM_TYPE, problem } from '../http/problem.ts';
import { contentLengthOf, discardBody, type ReadBody } from '../http/read-body.ts';
import type { Route, Routed } from '../http/router.ts';
import { type Emit, emitUnexpected } from '../observe.ts';
import type { CallbackAnswer, Incoming } from './receive.ts';

interface CallbackRoutesOptions {
  readonly receive: (incoming: Incoming) => Promise<CallbackAnswer>;
  readonly readBody: ReadBody;
  readonly addressOf: ClientAddress;
  readonly emit: Emit;
}

/** `/callbacks` and `/callbacks/{secret}`, of every method: pass the request to `receive` and send its answer. */
export function callbackRoutes({
  receive,
  readBody,
  addressOf,
  emit,
}: CallbackRoutesOptions): readonly Route[] {
  async function handle({ req, res, params }: Routed): Promise<void> {
    try {
      give(
        req,
        res,
        await receive({
          method: req.method ?? '',
          headers: req.headers,
          pathSecret: params.secret ?? null,
          address: addressOf(req),
          contentLength: contentLengthOf(req),
          read: (limit) => readBody(req, limit),
        }),
      );
    } catch (err) {
      // A client that went away before its body was complete gets no answer, and nothing was recorded.
      if (req.destroyed && !req.complete) return;
      const errorId = emitUnexpected(emit, 'a callback failed unexpectedly', err);
      const body = problem(500, `The callback could not be recorded (error id ${errorId}).`);
      give(req, res, { status: 500, body });
    }
  }
  return ['/callbacks', '/callbacks/:secret'].map((path) => ({ methods: 'all', path, handle }));
}

/** Answers that go to unauthenticated clients: nothing of their body is read, not even to be discarded. */
const REFUSED_BY_HEAD: ReadonlySet<number> = new Set([401, 429, 503]);

type Given = Pick<CallbackAnswer, 'status' | 'headers' | 'body'>;

function give(req: IncomingMessage, res: ServerResponse, { status, headers = {}, body }: Given): void {
  const text = JSON.stringify(body);
  const typed = { ...headers, 'content-type': status === 200 ? JSON_TYPE : PROBLEM_TYPE };
  if (!req.complete && REFUSED_BY_HEAD.has(status)) {
    answerUnread(req, res, status, typed, text);
    return;
  }
  if (!req.complete) discardBody(req);
  answer(res, status, typed, text);
}
