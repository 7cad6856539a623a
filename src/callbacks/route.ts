import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerUnread } from '../http/answer-unread.ts';
import { PROBLEM_TYPE, problem } from '../http/problem.ts';
import { contentLengthOf, discardBody, type ReadBody } from '../http/read-body.ts';
import { type Report, reportUnexpected } from '../observe.ts';
import type { CallbackAnswer, Incoming } from './receive.ts';

interface Parts {
  readonly receive: (incoming: Incoming) => Promise<CallbackAnswer>;
  readonly readBody: ReadBody;
  readonly report: Report;
}

/**
 * `/callbacks` and `/callbacks/{secret}` of every method: Fastify only carries what comes to `receive` and its
 * answer back. That happens before Fastify looks at the body, since it would turn away a media type where the
 * method has to be judged first.
 */
export function callbackRoutes({ receive, readBody, report }: Parts) {
  return async (app: FastifyInstance): Promise<void> => {
    const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
      const { raw } = request;
      const incoming: Incoming = {
        method: request.method,
        headers: raw.headers,
        pathSecret: secretOf(request.params),
        address: request.ip,
        contentLength: contentLengthOf(raw),
        read: (limit) => readBody(raw, limit),
      };
      try {
        const answer = await receive(incoming);
        if (raw.complete) return give(reply, answer);
        if (REFUSED_BY_HEAD.has(answer.status)) return giveUnread(reply, answer);
        discardBody(raw);
        return give(reply, answer);
      } catch (err) {
        // Whoever went away before the body was complete is told nothing, and nothing was recorded.
        if (raw.destroyed && !raw.complete) return reply.hijack();
        const errorId = reportUnexpected(report, 'a callback failed unexpectedly', err);
        const body = problem(500, `The callback could not be recorded (error id ${errorId}).`);
        return give(reply, { status: 500, body });
      }
    };
    for (const url of ['/callbacks', '/callbacks/:secret']) {
      app.all(url, { onRequest }, () => {
        throw new Error('every callback is answered before its handler');
      });
    }
  };
}

/** What these are answered to may be anybody's: nothing of it is read, not even to be thrown away. */
const REFUSED_BY_HEAD: ReadonlySet<number> = new Set([401, 429, 503]);

function secretOf(params: unknown): string | null {
  return typeof params === 'object' &&
    params !== null &&
    'secret' in params &&
    typeof params.secret === 'string'
    ? params.secret
    : null;
}

type Given = Pick<CallbackAnswer, 'status' | 'headers' | 'body'>;

function give(reply: FastifyReply, { status, headers = {}, body }: Given): FastifyReply {
  return reply.code(status).headers(headers).type(typeOf(status)).send(JSON.stringify(body));
}

function giveUnread(reply: FastifyReply, { status, headers = {}, body }: Given): FastifyReply {
  reply.hijack();
  const typed = { ...headers, 'content-type': typeOf(status) };
  answerUnread(reply.request.raw, reply.raw, status, typed, JSON.stringify(body));
  return reply;
}

const typeOf = (status: number) => (status === 200 ? 'application/json; charset=utf-8' : PROBLEM_TYPE);
