import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, inject, test } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import { send } from '../support/clients/client.ts';
import { type Delivered, deliverAll } from '../support/clients/flood.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { longOr } from '../support/long.ts';
import { DEFAULTS } from '../support/stores/memory-store.ts';
import { eachStore } from '../support/stores/stores.ts';
import { expectTheFold, readStore } from '../support/stores/tables.ts';
import { type Outage, startTcpProxy } from '../support/stores/tcp-proxy.ts';
import { untilReadyz } from '../support/until.ts';

const READY_WITHIN_MS = 15_000;

const bodiesOf = (round: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      ...{ sessionId: `session-${n % 10}`, userId: 'user-anna', bankId: 'bank-75' },
      ...{ stage: 'Accounts', status: 'InProgress', mark: `${round} ${n}` },
    }),
  );

/** Not one 200; 503 with Retry-After of 5 to 15 s, in time. */
function expectRefused(answers: readonly Delivered[], withinMs = 3_000): void {
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
  for (const { headers, tookMs } of answers) {
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(5);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(15);
    expect(tookMs).toBeLessThan(withinMs);
  }
}

eachStore('while the store is down', (of) => {
  describe.skipIf(of.kind === 'pglite')('behind a wire that was cut', () => {
    test.each<[string, Outage, boolean]>([
      ['connections are refused', 'refused', false],
      ['nothing is carried', 'silent', false],
      ['nothing is carried, and old connections stay silent', 'silent', true],
    ])(
      'no callback is answered 200, and all is well when it is back: %s',
      async (name, outage, forget) => {
        const server = inject('postgresUrl') ?? '';
        const proxy = await startTcpProxy(server);
        const gateway = await startGateway(of.config({ databaseUrl: proxy.through(of.databaseUrl ?? '') }));
        const before = await deliverAll(gateway.url, bodiesOf(`${name} before`, 50), { connections: 5 });
        expect(new Set(before.map(({ status }) => status))).toEqual(new Set([200]));

        await proxy.cut(outage);
        const bodies = bodiesOf(`${name} down`, 60);
        // Over so many connections, two rounds follow each other within one outage.
        expectRefused(await deliverAll(gateway.url, bodies, { connections: 30 }));
        expect((await send(`${gateway.url}/readyz`)).status).toBe(503);
        expect((await send(`${gateway.url}/healthz`)).status).toBe(200);

        await proxy.mend({ forget });
        await untilReadyz(gateway.url, 200, READY_WITHIN_MS);
        const after = await deliverAll(gateway.url, bodies, { connections: 5 });
        expect(after.map(({ status }) => status)).toEqual(bodies.map(() => 200));
        const found = await send(`${gateway.url}/api/session/status?sessionId=session-1`);
        expect(found.status).toBe(200);
        await gateway.close();

        const tables = await readStore(of.config());
        const kept = tables.rows.map(({ body }) => new TextDecoder().decode(body));
        expect(new Set(kept).size).toBe(kept.length);
        expect(bodies.filter((body) => !kept.includes(body))).toEqual([]);
        expectTheFold(tables, DEFAULTS);
      },
      60_000,
    );
  });

  test('that throws, no callback is answered 200, and all is well when it no longer does', async () => {
    let fails = false;
    const throwing: typeof openStore = async (options) => {
      const store = await openStore(options);
      return {
        ...store,
        write: (work) =>
          store.write(async (tx) => {
            const done = await work(tx);
            // After all was written and before COMMIT: nothing of it may stay.
            if (fails) throw new Error('the disk is full');
            return done;
          }),
      };
    };
    const config = of.config();
    const gateway = await startGateway(config, { openStore: throwing });
    const bodies = bodiesOf('throws', 60);
    fails = true;
    expectRefused(await deliverAll(gateway.url, bodies, { connections: 30 }));
    fails = false;
    const after = await deliverAll(gateway.url, bodies, { connections: 5 });
    expect(after.map(({ status }) => status)).toEqual(bodies.map(() => 200));
    await gateway.close();

    const tables = await readStore(config);
    const kept = tables.rows.map(({ body }) => new TextDecoder().decode(body));
    expect(kept.filter((body) => body.includes('throws'))).toHaveLength(bodies.length);
    expectTheFold(tables, DEFAULTS);
  });
});

eachStore('at three times what the gateway can take', (of) => {
  test(
    'it answers 200 or 503 and nothing else, its memory is bounded, and retries bring everything in',
    async () => {
      // A store that needs longer than a second for a batch of 500: of what comes at once, a third can be answered in time.
      let slow = true;
      const slowStore: typeof openStore = async (options) => {
        const store = await openStore(options);
        return {
          ...store,
          writeAtOnce: null,
          write: async (work) => {
            if (slow) await pause(1_500);
            return store.write(work);
          },
        };
      };
      const gateway = await startGateway(of.config(), { openStore: slowStore });
      const all = bodiesOf('overload', longOr(15_000, 1_500));
      const before = process.memoryUsage().rss;
      let most = 0;
      const onAnswer = () => {
        most = Math.max(most, process.memoryUsage.rss());
      };
      const overloaded = await deliverAll(gateway.url, all, { connections: 1_500, onAnswer });
      const refused = overloaded.filter(({ status }) => status !== 200);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(all.length);
      // Seen from 1,500 connections that this same process opens at once.
      expectRefused(refused, 10_000);
      expect(most - before).toBeLessThan(256 * 1024 ** 2);

      slow = false;
      const left = all.filter((_, n) => overloaded[n]?.status !== 200);
      const retried = await deliverAll(gateway.url, left, { connections: 50 });
      expect(retried.map(({ status }) => status)).toEqual(left.map(() => 200));
      await gateway.close();

      const tables = await readStore(of.config());
      expect(tables.rows).toHaveLength(all.length);
      expectTheFold(tables, DEFAULTS);
    },
    longOr(600_000, 60_000),
  );
});
