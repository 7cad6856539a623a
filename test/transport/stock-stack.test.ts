import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga } from 'graphql-yoga';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { DEFAULT_STALLED_AFTER_MS } from '../../src/domain/session/silence.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import { createFanout } from '../../src/live/fanout/fanout.ts';
import { createHub, type Hub } from '../../src/live/hub.ts';
import { publishEntry } from '../../src/live/publish-entry.ts';
import { createSubscriptions } from '../../src/live/sources/subscriptions.ts';
import { createLogger } from '../../src/logger.ts';
import { buildSchema } from '../../src/schema/build.ts';
import { createEngine } from '../../src/transport/engine/create-engine.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';
import { emptyCatchUp, entryOf, headOf, sessionAt } from '../support/builders/entries.ts';

import { at, query } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';

const FIELDS = 'sessionId version outcome stage { name status } stages { name status attempt }';
const QUERY = `{ session(sessionId: "s1") { ${FIELDS} } }`;
const SUBSCRIPTION = `subscription { sessionStatusChanged { cursor kind recovered matches changedAt session { ${FIELDS} } } }`;

/** What resolvers read from: one session in a store that stands at position 5, and the hub. */
function createContext(hub: Hub) {
  const head = headOf(5);
  const live = createSubscriptions({
    hub,
    silence: { afterMs: DEFAULT_STALLED_AFTER_MS, now: () => 5_000 },
    catchUp: emptyCatchUp(head),
  });
  const reads = { sessions: { find: async () => sessionAt(5, { sessionId: 's1' }) } };
  return { viewer: EXPLORER, cursors: [], live, reads, expects: () => true };
}

/** The graph served by stock Yoga and graphql-ws, as their documentation shows it. */
async function serveStock(context: object): Promise<string> {
  const schema = buildSchema();
  const yoga = createYoga({ schema, context, logging: false });
  const server = createServer(yoga);
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const wires = useServer({ schema, context }, sockets);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closeLater(async () => {
    await wires.dispose();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** The same by Callboard's engine and fan-out. */
async function serveCallboard(hub: Hub, context: ReturnType<typeof createContext>) {
  const log = createLogger({ level: 'silent' });
  const engine = createEngine({
    schema: buildSchema(),
    contextOf: () => context,
    introspection: 'on',
    limits: DEFAULT_LIMITS,
    log,
  });
  const fanout = createFanout({ hub, errorOf: engine.errorOf });
  const parse = (text: string) => {
    const operation = engine.parse({ query: text }, { viewer: EXPLORER, cursors: [] });
    if ('errors' in operation) throw new Error(JSON.stringify(operation));
    return operation;
  };
  const subscribed = await parse(SUBSCRIPTION).subscribe();
  if ('errors' in subscribed) throw new Error(JSON.stringify(subscribed));
  const messages: unknown[] = [];
  fanout.join(subscribed, {
    transport: 'ws',
    writable: () => true,
    send: (payload) => messages.push(at(JSON.parse(payload), 'data')),
    fail: (errors) => messages.push(errors),
    slow: () => {},
  });
  closeLater(async () => fanout.close());
  return { answer: await parse(QUERY).execute(), messages };
}

it('stock Yoga and graphql-ws serve the same schema with the same messages', async () => {
  const hub = createHub({ log: createLogger({ level: 'silent' }) });
  const context = createContext(hub);
  const url = await serveStock(context);
  const callboard = await serveCallboard(hub, context);
  const stock = await subscribeWs(url, { query: SUBSCRIPTION });
  const messages = [(await stock.next()).data];
  for (const position of [6, 7]) {
    publishEntry(hub, entryOf(position, { sessionId: `s${position}`, outcome: 'SUCCEEDED' }));
    messages.push((await stock.next()).data);
  }
  await stock.close();
  expect(messages.map((data) => at(data, 'sessionStatusChanged', 'session', 'sessionId') ?? null)).toEqual([
    null,
    's6',
    's7',
  ]);
  expect(callboard.messages).toEqual(messages);
  const { data } = await query(url, QUERY);
  expect(at(data, 'session', 'sessionId')).toBe('s1');
  expect(callboard.answer).toEqual({ data });
});
