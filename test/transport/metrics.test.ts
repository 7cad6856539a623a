import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { createObserver } from '../../src/observe.ts';
import { createLastCounts } from '../../src/observers/metrics/gauges.ts';
import { createMetrics } from '../../src/observers/metrics/metrics.ts';
import { bytes, fields } from '../support/builders/samples.ts';
import { postCallback, query, send, textAt } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { startProduction } from '../support/gateways/production.ts';
import { eachStore } from '../support/stores/stores.ts';

const TOKEN = 'the-token-of-the-scraper';
const NAMES = [
  'callbacks_total{outcome="recorded"}',
  'callbacks_total{outcome="quarantined"}',
  'callback_answers_total{status="503"}',
  'commit_seconds_count',
  'batch_size_count',
  'queue_depth',
  'delivery_seconds_count{transport="ws"}',
  'subscriptions{field="paymentStatusChanged",transport="sse"}',
  'connections{transport="ws"}',
  'slow_readers_total',
  'conflated_total',
  'resumes_total{honoured="false"}',
  'operations_total{type="query",code="TIMEOUT"}',
  'operation_seconds_count{type="subscription"}',
  'quarantined',
  'stalled',
  'positions_behind',
  'store_errors_total{during="write"}',
  'unexpected_errors_total',
  'history_replaced_total',
];

/** Each sample's value by its name and labels, without `callboard_`. */
async function scrape(url: string): Promise<ReadonlyMap<string, number>> {
  const { text, status } = await send(`${url}/metrics`);
  expect(status).toBe(200);
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^callboard_(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(value)] as const];
    }),
  );
}

eachStore('GET /metrics', (on) => {
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway(on.config({ stalledAfterMs: 100 }));
  });

  it('has a sample of everything from the start: 0, and 1 for ready', async () => {
    const samples = await scrape(gateway.url);
    for (const name of NAMES) expect(samples.get(name), name).toBe(0);
    expect(samples.get('ready')).toBe(1);
  });

  it('counts callbacks, batches, deliveries, resumes and what is open', async () => {
    const { url } = gateway;
    const live = await subscribeWs(url, { query: 'subscription { sessionStatusChanged { cursor kind } }' });
    const cursor = textAt((await live.next()).data, 'sessionStatusChanged', 'cursor');
    expect((await postCallback(url, fields('session-status'))).status).toBe(200);
    expect((await postCallback(url, fields('session-status'))).status).toBe(200);
    expect((await postCallback(url, bytes('{'))).status).toBe(200);
    expect((await send(`${url}/callbacks`)).status).toBe(405);
    await live.next();
    const resume = 'subscription ($after: String) { sessionStatusChanged(after: $after) { cursor } }';
    const resumed = await subscribeSse(url, { query: resume, variables: { after: cursor } });
    await resumed.next();
    const lost = await subscribeSse(url, { query: resume, variables: { after: 'of nothing' } });
    await lost.next();
    await query(url, '{ nothing }');
    const asked = (text: string) => send(`${url}/graphql?query=${encodeURIComponent(text)}`);
    await asked('{ sessions { liveCursor } }');
    await asked('{ nothing }');

    const samples = await scrape(url);
    const expected = {
      'callbacks_total{outcome="recorded"}': 1,
      'callbacks_total{outcome="repeated"}': 1,
      'callbacks_total{outcome="quarantined"}': 1,
      'callbacks_total{outcome="refused"}': 1,
      'callback_answers_total{status="200"}': 3,
      'callback_answers_total{status="405"}': 1,
      'delivery_seconds_count{transport="ws"}': 1,
      'delivery_seconds_bucket{le="+Inf",transport="ws"}': 1,
      'subscriptions{field="sessionStatusChanged",transport="ws"}': 1,
      'subscriptions{field="sessionStatusChanged",transport="sse"}': 2,
      'connections{transport="ws"}': 1,
      'connections{transport="sse"}': 2,
      'resumes_total{honoured="true"}': 1,
      'resumes_total{honoured="false"}': 1,
      'operations_total{type="query",code="GRAPHQL_VALIDATION_FAILED"}': 2,
      'operations_total{type="query",code="OK"}': 1,
      batch_size_sum: 3,
    };
    for (const [name, value] of Object.entries(expected)) expect(samples.get(name), name).toBe(value);
    await live.close();
    await resumed.close();
    await lost.close();
    const gone = 'subscriptions{field="sessionStatusChanged",transport="sse"}';
    await expect.poll(async () => (await scrape(url)).get(gone)).toBe(0);
  });

  it('counts in the store what is quarantined and what has stalled', async () => {
    await expect
      .poll(
        async () => {
          const samples = await scrape(gateway.url);
          return [samples.get('quarantined'), samples.get('stalled')];
        },
        { timeout: 10_000, interval: 500 },
      )
      .toEqual([1, 1]);
  });

  it('is answered to the token alone in production, and else as where nothing is', async () => {
    const { url } = await startProduction(on, { metricsToken: TOKEN, dataDir: 'memory' });
    const nothing = await send(`${url}/nothing`);
    for (const authorization of ['', 'Bearer wrong', TOKEN]) {
      const headers = { authorization };
      expect(await send(`${url}/metrics`, { headers })).toMatchObject({
        status: 404,
        text: nothing.text,
      });
    }
    expect((await send(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(
      200,
    );
    const closed = await startProduction(on, { dataDir: 'memory' });
    const headers = { authorization: 'Bearer null' };
    expect((await send(`${closed.url}/metrics`, { headers })).status).toBe(404);
  });
});

describe('what is counted in the store', () => {
  it('is the last known where the store does not answer, without waiting for it', async () => {
    let answer = (): Promise<{ quarantined: number; stalled: number }> => new Promise(() => {});
    const counts = createLastCounts(() => answer());
    expect(await counts()).toEqual({ quarantined: 0, stalled: 0 });
    answer = () => Promise.reject(new Error('away'));
    const failing = createLastCounts(() => answer());
    expect(await failing()).toEqual({ quarantined: 0, stalled: 0 });
    answer = async () => ({ quarantined: 3, stalled: 2 });
    expect(await failing()).toEqual({ quarantined: 3, stalled: 2 });
  });
});

describe('the metrics of the process', () => {
  const watch = () => {
    const metrics = createMetrics(createObserver(createLogger({ level: 'silent' })), { version: '1' });
    const counts = async () => ({ quarantined: 0, stalled: 0 });
    const reads = {
      waiting: () => 0,
      behind: () => 0,
      connections: () => 0,
      ready: async () => true,
      counts,
    };
    metrics.watch(reads);
    return { metrics, reads: new WeakRef(reads) };
  };

  it('stand beside those of each gateway, once', async () => {
    watch();
    const samples = (await watch().metrics.render()).match(/^nodejs_eventloop_lag_p99_seconds .*$/gm);
    expect(samples).toHaveLength(1);
  });

  it('keep nothing of a gateway that has gone', async () => {
    const { reads } = watch();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    // What is on the stack or awaited keeps it for some turns: which ones is V8's affair.
    for (let turn = 0; turn < 50 && reads.deref() !== undefined; turn += 1) {
      await nextTurn();
      collect();
    }
    expect(reads.deref()).toBeUndefined();
  });
});
