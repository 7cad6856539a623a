import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CallboardError } from '../../src/errors.ts';
import type { YogaPlugin } from '../../src/transport/engine/yoga-plugin.ts';
import { at, query, send } from '../support/clients/client.ts';
import { someSession } from '../support/clients/live-operations.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';

const QUERY = '{ viewer { isOperator } }';
const SUBSCRIPTION = 'subscription { sessionStatusChanged { cursor kind } }';
const ANSWER = { viewer: { isOperator: true } };

describe('a plugin of Yoga', () => {
  let gateway: StartedGateway;
  let hooks: string[] = [];
  /** The phase in which the plugin refuses. */
  let refused: string | null = null;
  const called = (phase: string): void => {
    hooks.push(phase);
    if (phase === refused) throw new CallboardError('FORBIDDEN', 'A plugin refuses this.');
  };
  const counting: YogaPlugin = {
    onParse: () => called('parse'),
    onValidate: () => called('validate'),
    async onContextBuilding() {
      await new Promise((resolve) => setImmediate(resolve));
      called('context');
    },
    onExecute: () => called('execute'),
    onSubscribe: () => called('subscribe'),
    onResultProcess: () => void hooks.push('result'),
  };
  beforeAll(async () => {
    gateway = await startGateway({}, { plugins: [counting] });
  });
  beforeEach(() => {
    hooks = [];
    refused = null;
  });

  const byGet = async (document: string) => {
    const search = new URLSearchParams({ query: document });
    return (await send(`${gateway.url}/graphql?${search}`)).json;
  };
  const byWs = async (document: string) => {
    const subscribed = await subscribeWs(gateway.url, { query: document });
    const { type, payload } = await subscribed.connection.nextMessage();
    await subscribed.close();
    return type === 'error' ? { errors: payload } : payload;
  };
  const bySse = async (document: string) => {
    const subscribed = await subscribeSse(gateway.url, { query: document });
    const result = await subscribed.next();
    await subscribed.close();
    return result;
  };
  const WIRES = [
    ['HTTP', (document: string) => query(gateway.url, document)],
    ['WebSocket', byWs],
    ['SSE', bySse],
  ] as const;
  const LIVE_WIRES = WIRES.slice(1);

  it.each(WIRES)('is asked in every phase of a query over %s, once', async (_, send) => {
    expect(at(await send(QUERY), 'data')).toEqual(ANSWER);
    expect(hooks).toEqual(['parse', 'validate', 'context', 'execute']);
  });

  it('is asked again for a query that was answered before', async () => {
    for (let n = 0; n < 5; n += 1) await query(gateway.url, QUERY);
    hooks = [];
    await query(gateway.url, QUERY);
    expect(hooks).toEqual(['parse', 'validate', 'context', 'execute']);
    refused = 'validate';
    expect(at(await query(gateway.url, QUERY), 'errors', 0, 'extensions', 'code')).toBe('FORBIDDEN');
  });

  it('is asked by Yoga itself for a query by GET, up to the response', async () => {
    expect(at(await byGet(QUERY), 'data')).toEqual(ANSWER);
    expect(hooks).toEqual(['parse', 'validate', 'context', 'execute', 'result']);
  });

  it.each(LIVE_WIRES)('is asked in every phase of a subscription over %s, once', async (_, send) => {
    expect(at(await send(SUBSCRIPTION), 'data', 'sessionStatusChanged', 'kind')).toBe('SNAPSHOT');
    expect(hooks).toEqual(['parse', 'validate', 'context', 'subscribe']);
  });

  it('is not asked for each message, which is executed once for all subscribers', async () => {
    const subscribed = await subscribeWs(gateway.url, { query: SUBSCRIPTION });
    await subscribed.next();
    hooks = [];
    await someSession().report(gateway.url, 'Authentication', 'Initiated');
    await subscribed.next();
    expect(hooks).toEqual([]);
    await subscribed.close();
  });

  it.each(WIRES)('refuses over %s what it refuses, in whichever phase', async (_, send) => {
    for (const phase of ['parse', 'validate', 'context', 'execute']) {
      refused = phase;
      expect(at(await send(QUERY), 'errors', 0, 'extensions')).toEqual({
        code: 'FORBIDDEN',
        retryable: false,
      });
    }
  });

  it.each(LIVE_WIRES)('refuses a subscription over %s, in whichever phase', async (_, send) => {
    for (const phase of ['parse', 'validate', 'context', 'subscribe']) {
      refused = phase;
      expect(at(await send(SUBSCRIPTION), 'errors', 0, 'extensions', 'code')).toBe('FORBIDDEN');
    }
  });
});
