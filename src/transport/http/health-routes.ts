import { answer } from '../../http/answer.ts';
import { READ, type Route } from '../../http/router.ts';

interface HealthRoutesOptions {
  /** Whether the store answers and this instance has caught up with it, and nobody asked it to stop. */
  readonly isReady: () => Promise<boolean>;
}

const HEADERS = { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' } as const;

/**
 * `/healthz`: the process answers. `/readyz`: callbacks and queries may be sent here. Both say only ok or not, since
 * anyone may send them.
 */
export function healthRoutes({ isReady }: HealthRoutesOptions): readonly Route[] {
  return [
    { methods: READ, path: '/healthz', handle: async ({ res }) => answer(res, 200, HEADERS, 'ok') },
    {
      methods: READ,
      path: '/readyz',
      async handle({ res }) {
        const ready = await isReady();
        answer(res, ready ? 200 : 503, HEADERS, ready ? 'ok' : 'not ok');
      },
    },
  ];
}
