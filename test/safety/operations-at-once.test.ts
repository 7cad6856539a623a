import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import type { Store } from '../../src/db/store.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';
import { fields } from '../support/builders/samples.ts';
import { at, query, send } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { bearer, type ProductionGateway, startProduction } from '../support/gateways/production.ts';
import { eachStore, type TestStore } from '../support/stores/stores.ts';

const SESSION = '{ session(sessionId: "s1") { sessionId } }';
const callback = (n = 0) => ({ ...fields('session-status'), sessionId: 's1', userId: 'anna', extra: n });

eachStore('of one viewer', (on) => {
  let gateway: ProductionGateway;
  let anna: { authorization: string };
  let bert: { authorization: string };
  let release: (() => void) | null = null;
  /** While `release` is set, a batch's transaction stays open until it is called. */
  const holdable = (store: Store): Store => ({
    ...store,
    // Each batch is a transaction, which can be held.
    writeAtOnce: null,
    write: (work) =>
      store.write(async (tx) => {
        const written = await work(tx);
        if (release !== null) {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
        return written;
      }),
  });
  beforeAll(async () => {
    const limits = { ...DEFAULT_LIMITS, viewerOperations: 1, viewerWaiting: 1 };
    gateway = await startProduction(
      on,
      { limits },
      { openStore: async (options) => holdable(await openStore(options)) },
    );
    [anna, bert] = await Promise.all([bearer({ sub: 'anna' }), bearer({ sub: 'bert' })]);
    await gateway.deliver(callback());
    // Both are known to be small from here on.
    await Promise.all([
      query(gateway.url, SESSION, {}, anna),
      query(gateway.url, '{ __typename }', {}, bert),
    ]);
  });

  /** Nothing is read from the store until what this gives is called. */
  async function holdStore(store: TestStore): Promise<() => Promise<void>> {
    if (store.databaseUrl === null) {
      // PGlite has one connection: a transaction that does not end keeps everyone out.
      release = () => undefined;
      const before = release;
      const delivered = gateway.deliver(callback(1));
      while (release === before) await pause(1);
      return async () => {
        release?.();
        release = null;
        await delivered;
      };
    }
    const sql = postgres(store.databaseUrl, { max: 1, onnotice: () => {} });
    const holding = await sql.reserve();
    await holding`begin`;
    await holding`lock table sessions in access exclusive mode`;
    return async () => {
      await holding`rollback`;
      holding.release();
      await sql.end();
    };
  }

  it('operations beyond those that may execute or wait are answered 429, and others go on', async () => {
    const letGo = await holdStore(on);
    const first = query(gateway.url, SESSION, {}, anna);
    await pause(50);
    const beyond = [query(gateway.url, SESSION, {}, anna), query(gateway.url, SESSION, {}, anna)];
    const poll = send(`${gateway.url}/api/session/status?sessionId=s1`, { headers: anna });
    expect((await query(gateway.url, '{ __typename }', {}, bert)).data).toEqual({ __typename: 'Query' });
    for (const answer of await Promise.all(beyond)) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([429, '1']);
      expect(answer.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryable: true } }]);
    }
    const refused = await poll;
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    await letGo();
    expect((await first).data).toEqual({ session: { sessionId: 's1' } });
    expect((await query(gateway.url, SESSION, {}, anna)).status).toBe(200);
  });

  it('they are an error of that operation over WebSocket and SSE, and the connection goes on', async () => {
    const letGo = await holdStore(on);
    const first = query(gateway.url, SESSION, {}, anna);
    await pause(50);
    const { connection } = await subscribeWs(gateway.url, { query: SESSION, connectionParams: anna });
    const stream = await subscribeSse(gateway.url, { query: SESSION, headers: anna });
    const refused = [{ extensions: { code: 'RATE_LIMITED', retryable: true } }];
    expect(await connection.nextMessage()).toMatchObject({ id: '1', type: 'error', payload: refused });
    expect(await stream.next()).toMatchObject({ errors: refused });
    await letGo();
    await first;
    connection.send({ id: '2', type: 'subscribe', payload: { query: SESSION } });
    expect(await connection.nextMessage()).toMatchObject({ id: '2', type: 'next' });
    await connection.close();
  });

  it('a subscription that opens waits its turn, and opens', async () => {
    const letGo = await holdStore(on);
    const first = query(gateway.url, SESSION, {}, anna);
    await pause(50);
    const subscription = { query: 'subscription { sessionStatusChanged { cursor } }' };
    const opening = await subscribeWs(gateway.url, { ...subscription, connectionParams: anna });
    await pause(1_200);
    expect(opening.pending()).toBe(0);
    await letGo();
    await first;
    expect(at((await opening.next()).data, 'sessionStatusChanged', 'cursor')).toBeTypeOf('string');
    await opening.close();
  });
});

describe('where the event loop is late', () => {
  /** This process is the gateway's too: what holds it up holds up the gateway. */
  function holdUp(): () => void {
    const timer = setInterval(() => {
      const until = performance.now() + 150;
      while (performance.now() < until);
    }, 1);
    const stop = () => clearInterval(timer);
    onTestFinished(stop);
    return stop;
  }

  it('explore mode answers large queries 503 while callbacks arrive, and never without; small ones go on', async () => {
    const { url } = await startGateway();
    const json = { 'content-type': 'application/json' };
    const deliver = (n: number) =>
      send(`${url}/callbacks`, { method: 'POST', headers: json, body: JSON.stringify(callback(n)) });
    expect((await deliver(0)).status).toBe(200);
    expect((await query(url, SESSION)).status).toBe(200);
    await pause(1_100);
    const stop = holdUp();
    expect((await query(url, '{ sessions { liveCursor } }')).status).toBe(200);
    expect((await query(url, SESSION)).data).toEqual({ session: { sessionId: 's1' } });

    const delivering = [deliver(1)];
    const callbacks = setInterval(() => delivering.push(deliver(delivering.length + 1)), 300);
    onTestFinished(() => clearInterval(callbacks));
    await pause(300);
    // What it costs is not known: it may be large.
    const shed = await query(url, '{ sessions { liveCursor edges { node { sessionId } } } }');
    expect([shed.status, shed.headers['retry-after']]).toEqual([503, '5']);
    expect(shed.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', retryable: true } }]);
    expect((await query(url, SESSION)).data).toEqual({ session: { sessionId: 's1' } });
    stop();
    clearInterval(callbacks);
    await Promise.all(delivering);
    expect((await query(url, SESSION)).data).toEqual({ session: { sessionId: 's1' } });
  });
});
