import type { FastifyInstance } from 'fastify';

interface Parts {
  /** Whether the store answers and this instance has caught up with it, and nobody asked it to stop. */
  readonly isReady: () => boolean | Promise<boolean>;
}

/**
 * `/healthz`: the process answers. `/readyz`: callbacks and questions may be sent here. Both say only ok or not:
 * anyone may ask (DESIGN §7).
 */
export function healthRoutes({ isReady }: Parts) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/healthz', (_request, reply) => reply.header('cache-control', 'no-store').send('ok'));
    app.get('/readyz', async (_request, reply) => {
      const ready = await isReady();
      return reply
        .code(ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(ready ? 'ok' : 'not ok');
    });
  };
}
