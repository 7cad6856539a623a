import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, problem } from '../http/problem.ts';
import { readBody } from '../http/read-body.ts';
import { type Report, reportUnexpected } from '../observe.ts';
import type { CallbackAnswer, Incoming } from './receive.ts';

interface Parts {
  readonly receive: (incoming: Incoming) => Promise<CallbackAnswer>;
  readonly report: Report;
}

/**
 * `/callbacks` and `/callbacks/{secret}` of every method: Fastify only carries what comes to `receive` and its
 * answer back. That happens before Fastify looks at the body, since it would turn away a media type where the
 * method has to be judged first.
 */
export function callbackRoutes({ receive, report }: Parts) {
  return async (app: FastifyInstance): Promise<void> => {
    const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
      const { raw } = request;
      const incoming: Incoming = {
        method: request.method,
        headers: raw.headers,
        pathSecret: secretOf(request.params),
        address: request.ip,
        read: (limit) => readBody(raw, limit),
      };
      try {
        return give(reply, await receive(incoming));
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

function secretOf(params: unknown): string | null {
  return typeof params === 'object' &&
    params !== null &&
    'secret' in params &&
    typeof params.secret === 'string'
    ? params.secret
    : null;
}

function give(
  reply: FastifyReply,
  { status, headers = {}, body }: Pick<CallbackAnswer, 'status' | 'headers' | 'body'>,
): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .type(status === 200 ? 'application/json; charset=utf-8' : PROBLEM_TYPE)
    .send(JSON.stringify(body));
}
