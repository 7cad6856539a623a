import type { Mode } from '../../config/variables.ts';
import { answer, answerProblem } from '../../http/answer.ts';
import { isSame } from '../../http/is-same.ts';
import { NOTHING_SERVED } from '../../http/problem.ts';
import { READ, type Route } from '../../http/router.ts';

interface MetricsRoutesOptions {
  readonly mode: Mode;
  /** Null: nobody is answered in production. */
  readonly token: string | null;
  /** The text of all metrics, as Prometheus reads it. */
  readonly render: () => Promise<string>;
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-type': 'text/plain; version=0.0.4; charset=utf-8',
} as const;

/** `/metrics`. In production who has no token is answered as for an address where nothing is served. */
export function metricsRoutes({ mode, token, render }: MetricsRoutesOptions): readonly Route[] {
  const admits = (given = ''): boolean =>
    mode === 'explore' || (token !== null && isSame(given, `Bearer ${token}`));
  return [
    {
      methods: READ,
      path: '/metrics',
      async handle({ req, res }) {
        if (admits(req.headers.authorization)) answer(res, 200, HEADERS, await render());
        else answerProblem(res, 404, NOTHING_SERVED);
      },
    },
  ];
}
