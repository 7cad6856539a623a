import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OperationTypeNode } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { EXPLORER, type Viewer } from '../../src/domain/viewer.ts';
import { createFanout } from '../../src/live/fanout/fanout.ts';
import { createHub } from '../../src/live/hub.ts';
import { publishEntry } from '../../src/live/publish-entry.ts';
import { createSubscriptions } from '../../src/live/sources/subscriptions.ts';
import { createLogger } from '../../src/logger.ts';
import { type LiveTransport, UNOBSERVED } from '../../src/observe.ts';
import { createConnections } from '../../src/transport/connections.ts';
import type { Engine } from '../../src/transport/engine/engine.ts';
import { createSseTransport } from '../../src/transport/sse/sse.ts';
import { createWsTransport, type WsLimits } from '../../src/transport/ws/ws.ts';
import { emptyCatchUp, entryOf, headOf } from '../support/builders/entries.ts';
import { person } from '../support/builders/viewers.ts';
import { open } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { connectWs, subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeAll, closeLater } from '../support/closing.ts';
import { longOr } from '../support/long.ts';

interface Settings {
  readonly viewer?: Viewer;
  readonly limits?: Partial<WsLimits>;
  readonly maxPerViewer?: Readonly<Record<LiveTransport, number>>;
  readonly heartbeatMs?: number;
  /** Bytes of each message, and of each answer to a query. */
  readonly weight?: number;
}

const INFINITE = Number.POSITIVE_INFINITY;
const UNLIMITED = { ws: INFINITE, sse: INFINITE };

/** Both transports over a hub that the test publishes to; every subscription is to all sessions. */
async function serve(settings: Settings = {}) {
  const { viewer = EXPLORER, maxPerViewer = UNLIMITED, heartbeatMs = 12_000, weight = 0 } = settings;
  const log = createLogger({ level: 'silent' });
  const hub = createHub({ log });
  const head = headOf(0);
  const live = createSubscriptions({
    hub,
    catchUp: emptyCatchUp(head),
  });
  const ballast = 'x'.repeat(weight);
  let executions = 0;
  const engine: Engine = {
    errorOf: () => ({ message: 'masked' }),
    parse: ({ query }, seed) => ({
      kind: query.startsWith('{') ? OperationTypeNode.QUERY : OperationTypeNode.SUBSCRIPTION,
      async execute() {
        executions += 1;
        return { data: { ballast } };
      },
      subscribe: async () => ({
        source: live.sessionStatusChanged({ viewer: seed.viewer }),
        key: 'all',
        run: ({ cursor }) => JSON.stringify({ data: { cursor, ballast } }),
      }),
    }),
  };
  const fanout = createFanout({ hub, errorOf: engine.errorOf, slowAfterMs: 200 });
  const connections = createConnections({ maxConnections: INFINITE, maxPerViewer, heartbeatMs });
  const ws = createWsTransport({
    ...{ engine, fanout, connections, log, emit: UNOBSERVED },
    authenticate: () => ({ viewer }),
    isWelcome: () => true,
    limits: {
      messageBytes: 65_536,
      initWithinMs: 3_000,
      maxSubscriptions: INFINITE,
      maxMessagesPerMinute: INFINITE,
      ...settings.limits,
    },
  });
  const sse = createSseTransport({ fanout, connections, log });
  const server = createServer((req, res) => {
    req.resume();
    const seed = { viewer, cursors: [] };
    void sse.handle(req, res, engine.parse({ query: '' }, seed), seed);
  });
  server.on('upgrade', ws.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeLater(async () => {
    await connections.drain(0);
    await new Promise((resolve) => server.close(resolve));
    fanout.close();
    hub.dispose();
  });
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  let position = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    fanout,
    hub,
    connections,
    executions: () => executions,
    change() {
      position += 1;
      publishEntry(hub, entryOf(position, { sessionId: `s${position}` }));
    },
  };
}

const OPERATION = { query: 'subscription { all }' };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('connections', () => {
  afterEach(closeAll);

  it('of slow readers are ended, 4008 or cut; a healthy reader receives all, and nothing is left behind', async () => {
    const { url, fanout, connections, change } = await serve({ weight: 50_000 });
    const stalled = await subscribeWs(url, OPERATION);
    const stalledStream = await open(`${url}/graphql`);
    const cut = new Promise((resolve) => stalledStream.on('error', resolve));
    stalledStream.pause();
    const healthy = await subscribeWs(url, OPERATION);
    await Promise.all([stalled.next(), healthy.next()]);
    stalled.connection.socket.pause();
    let published = 0;
    while (fanout.size > 1) {
      change();
      published += 1;
      await healthy.next();
      await turn();
    }
    expect([connections.count('ws'), connections.count('sse')].every((count) => count <= 2)).toBe(true);
    stalled.connection.socket.resume();
    stalledStream.resume();
    await cut;
    expect((await stalled.connection.closed).code).toBe(4008);
    expect(published).toBeGreaterThan(0);
    await healthy.close();
    while (fanout.size > 0 || connections.count('ws') > 0) await turn();
  });

  it('stay open when a message of a subscription is larger than what the kernel takes at once', async () => {
    const { url, change } = await serve({ weight: 16_000_000 });
    const reader = await subscribeWs(url, OPERATION);
    await reader.next();
    change();
    await reader.next();
    await reader.close();
  });

  it('that send queries and read no answer are ended with 4008', async () => {
    const { url, executions } = await serve({ weight: 500_000 });
    const connection = await connectWs(url);
    connection.send({ type: 'connection_init' });
    await connection.nextMessage();
    connection.socket.pause();
    // Twice what both kernels hold for one connection.
    const queries = 16;
    for (let n = 0; n < queries; n += 1) {
      connection.send({ id: String(n), type: 'subscribe', payload: { query: '{ all }' } });
    }
    while (executions() < queries) await turn();
    connection.socket.resume();
    expect((await connection.closed).code).toBe(4008);
  });

  it('that answer no ping are cut after two', async () => {
    const { url, connections, fanout } = await serve({ heartbeatMs: 240 });
    const answering = await subscribeWs(url, OPERATION);
    await answering.next();
    const address = url.replace('http', 'ws');
    const silent = new WebSocket(`${address}/graphql`, 'graphql-transport-ws', { autoPong: false });
    const pings: unknown[] = [];
    silent.on('ping', (data) => pings.push(data));
    const [code] = await once(silent, 'close');
    expect([code, pings.length]).toEqual([1006, 2]);
    while (connections.count('ws') > 1) await turn();
    expect(fanout.size).toBe(1);
  });

  it('end with 4403 when their token does, and say in the ack when that is', async () => {
    const expiresAt = Date.now() + 300;
    const { url } = await serve({ viewer: { ...person('u1'), expiresAt } });
    const { acknowledged, connection } = await subscribeWs(url, OPERATION);
    expect(acknowledged).toEqual({ expiresAt: new Date(expiresAt).toISOString() });
    expect((await connection.closed).code).toBe(4403);
  });

  it('beyond those of one viewer end with 1013, and make room when they go', async () => {
    const { url, connections } = await serve({
      viewer: person('u1'),
      maxPerViewer: { ws: 1, sse: 1 },
    });
    const first = await subscribeWs(url, OPERATION);
    const second = await connectWs(url);
    second.send({ type: 'connection_init' });
    expect((await second.closed).code).toBe(1013);
    await first.close();
    while (connections.count('ws') > 0) await turn();
    await (await subscribeWs(url, OPERATION)).next();
  });

  it('with too many messages end with 1008', async () => {
    const { url } = await serve({ limits: { maxMessagesPerMinute: 3 } });
    const connection = await connectWs(url);
    connection.send({ type: 'connection_init' });
    for (let n = 0; n < 3; n++) connection.send({ type: 'ping' });
    expect((await connection.closed).code).toBe(1008);
  });

  it('have an error on the subscription that is too much, and keep the others', async () => {
    const { url, change } = await serve({ limits: { maxSubscriptions: 1 } });
    const { connection, next } = await subscribeWs(url, OPERATION);
    await next();
    connection.send({ id: '2', type: 'subscribe', payload: OPERATION });
    expect(await connection.nextMessage()).toMatchObject({
      id: '2',
      type: 'error',
      payload: [{ extensions: { code: 'LIMIT_EXCEEDED', retryable: false } }],
    });
    change();
    await next();
  });

  it('leave nothing behind after silent goings without a single change, on either transport', async () => {
    const { url, fanout, hub, connections } = await serve();
    for (let n = 0; n < longOr(5_000, 500); n++) {
      const [socket, stream] = await Promise.all([subscribeWs(url, OPERATION), subscribeSse(url, OPERATION)]);
      socket.connection.socket.terminate();
      await stream.close();
    }
    while (connections.count('ws') > 0 || connections.count('sse') > 0) await turn();
    expect([fanout.size, fanout.groups, hub.size, hub.topics]).toEqual([0, 0, 0, 0]);
  }, 120_000);

  it('that are idle are sent a comment on SSE and a ping on WebSocket, once an interval', async () => {
    const { url } = await serve({ heartbeatMs: 240 });
    const stream = await subscribeSse(url, OPERATION);
    const { connection, next } = await subscribeWs(url, OPERATION);
    await Promise.all([stream.next(), next()]);
    const at: number[] = [];
    const pinged = new Promise<void>((resolve) => {
      connection.socket.on('ping', () => {
        at.push(performance.now());
        if (at.length === 3) resolve();
      });
    });
    await pinged;
    expect((at[2] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(400);
    // The one at once, then the idle ones; each is nothing but a colon.
    expect(stream.raw().split(':\n\n').length - 1).toBeGreaterThanOrEqual(3);
    expect(stream.raw().replace(/event: next\nid: [^\n]*\ndata: [^\n]*\n\n/g, '')).toMatch(/^(:\n\n)+$/);
  });
});
