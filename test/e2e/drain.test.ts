import { expect, it } from 'vitest';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { spawnGateway } from '../support/gateways/gateway.ts';
import { LONG } from '../support/long.ts';
import { emptyStore } from '../support/stores/empty-store.ts';

const SOCKETS = 8;
const query = 'subscription { sessionStatusChanged { cursor kind } }';

it.each(LONG ? [2_000, 15_000, 60_000] : [2_000])(
  'DRAIN_MS=%s is used whole: every socket is closed 1001, every stream cut, and the process exits 0',
  async (drainMs) => {
    const gateway = await spawnGateway({ DATA_DIR: await emptyStore(), DRAIN_MS: String(drainMs) });
    const sockets = await Promise.all(
      Array.from({ length: SOCKETS }, () => subscribeWs(gateway.url, { query })),
    );
    const streams = await Promise.all(
      Array.from({ length: SOCKETS }, () => subscribeSse(gateway.url, { query })),
    );
    for (const one of [...sockets, ...streams]) await one.next();

    const began = performance.now();
    const exited = gateway.terminate();
    const codes = await Promise.all(sockets.map(async ({ connection }) => (await connection.closed).code));
    expect(codes).toEqual(sockets.map(() => 1001));
    for (const stream of streams) expect(await stream.ended).toBe(false);
    expect(await exited).toEqual({ code: 0, signal: null });
    const took = performance.now() - began;
    expect(took).toBeGreaterThan(drainMs * 0.8);
    expect(took).toBeLessThan(drainMs + 5_000);
  },
  100_000,
);
