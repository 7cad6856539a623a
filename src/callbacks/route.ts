import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, problem } from '../http/problem.ts';
import { readBody } from '../http/read-body.ts';
import type { Logger } from '../logger.ts';
import type { CallbackAnswer, Incoming } from './receive.ts';

interface Parts {
  readonly receive: (incoming: Incoming) => Promise<CallbackAnswer>;
  readonly log: Logger;
}

/**
 * `/callbacks` and `/callbacks/{secret}` of every method: Fastify only carries what comes to `receive` and its
 * answer back. Bodies are left unread, since no media type is turned away before its method is.
 */
export function callbackRoutes({ receive, log }: Parts) {
  return async (app: FastifyInstance): Promise<void> => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));

    const handler = async (request: FastifyRequest<{ Params: { secret?: string } }>, reply: FastifyReply) => {
      const { raw } = request;
      const incoming: Incoming = {
        method: request.method,
        headers: raw.headers,
        pathSecret: request.params.secret ?? null,
        address: request.ip,
        read: (limit) => readBody(raw, limit),
      };
      try {
        return give(reply, await receive(incoming));
      } catch (err) {
        // Whoever went away before the body was complete is told nothing, and nothing was recorded.
        if (raw.destroyed && !raw.complete) return reply.hijack();
        log.error({ err }, 'a callback failed unexpectedly');
        return give(reply, { status: 500, body: problem(500, 'The callback could not be recorded.') });
      }
    };
    app.all('/callbacks', handler);
    app.all('/callbacks/:secret', handler);
  };
}

function give(reply: FastifyReply, { status, headers = {}, body }: CallbackAnswer): FastifyReply {
  return reply
    .code(status)
    .headers(headers)
    .type(status === 200 ? 'application/json; charset=utf-8' : PROBLEM_TYPE)
    .send(JSON.stringify(body));
}
