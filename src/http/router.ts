import type { IncomingMessage, ServerResponse } from 'node:http';
import findMyWay, { type Handler, type HTTPMethod, type HTTPVersion } from 'find-my-way';
import { answerProblem } from './answer.ts';
import { NOTHING_SERVED } from './problem.ts';

/** A request on its way to its handler. */
export interface Routed {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The path's parameters, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
  /** A name that occurs several times has a list. */
  readonly query: Readonly<Record<string, unknown>>;
}

/** Answers a request; where it rejects, the router answers 500. */
export type RouteHandler = (routed: Routed) => Promise<void>;

export interface Route {
  readonly methods: readonly HTTPMethod[] | 'all';
  /** As find-my-way reads it: `/callbacks/:secret`. */
  readonly path: string;
  readonly handle: RouteHandler;
}

interface RouterOptions {
  /** In characters; a path with a longer parameter is not found. */
  readonly maxParamLength: number;
  /** Reports what a handler threw, and returns the id by which the report is found. */
  readonly onError: (error: unknown) => string;
}

/** The methods of what is only read; HEAD is answered as GET is, without the body. */
export const READ: readonly HTTPMethod[] = ['GET', 'HEAD'];

/** Sends each request to the route of its method and path. Everything else is answered 404, as a problem. */
export function createRouter(routes: readonly Route[], { maxParamLength, onError }: RouterOptions) {
  const router = findMyWay<HTTPVersion.V1>({
    maxParamLength,
    defaultRoute: (_req, res) => answerProblem(res, 404, NOTHING_SERVED),
    onBadUrl: (_path, _req, res) => answerProblem(res, 400, 'This address cannot be read.'),
  });
  for (const { methods, path, handle } of routes) {
    const handler: Handler<HTTPVersion.V1> = (req, res, params, _store, query) => {
      handle({ req, res, params, query }).catch((error: unknown) => {
        const detail = `Unexpected error (id ${onError(error)}).`;
        if (res.headersSent) res.destroy();
        else answerProblem(res, 500, detail);
      });
    };
    if (methods === 'all') router.all(path, handler);
    else router.on([...methods], path, handler);
  }
  router.compile();
  return (req: IncomingMessage, res: ServerResponse): void => router.lookup(req, res);
}
