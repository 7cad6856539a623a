import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { fields } from '../support/builders/samples.ts';
import { CHROMIUM, launchBrowser } from '../support/clients/browser.ts';
import { at, type Headers, postCallback, query, send } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { connectWs, subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { bearer, startProduction } from '../support/gateways/production.ts';
import { eachStore } from '../support/stores/stores.ts';

const LOCAL = ['http://localhost:5173', 'http://127.0.0.1:3000', 'http://[::1]:8080', 'http://localhost'];
const FOREIGN = [
  'https://app.example',
  'http://localhost.example:5173',
  'http://127.0.0.1.nip.io',
  'https://localhost:5173',
  'http://127.0.0.2:5173',
  'http://localhost:5173@evil.example',
  'null',
];
const SUBSCRIPTION = 'subscription { sessionStatusChanged { session { sessionId } } }';
const VIEWER = '{ viewer { userId isOperator } }';

describe('explore mode', () => {
  const log: string[] = [];
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway(
      {},
      { log: createLogger({ level: 'info', to: { write: (line: string) => log.push(line) } }) },
    );
    for (const userId of ['anna', 'bert']) {
      const session = { sessionId: `of-${userId}`, sessionExternalId: `external-${userId}`, userId };
      const account = { accountNumber: `BE-${userId}`, accountType: null, accountRelation: [] };
      const body = { ...fields('session-accounts'), ...session, details: { accounts: [account] } };
      expect((await postCallback(gateway.url, body)).status).toBe(200);
      const user = { externalId: userId, secondaryIdentifiers: {} };
      const payment = { ...fields('payment'), paymentId: `of-${userId}`, user };
      expect((await postCallback(gateway.url, payment)).status).toBe(200);
    }
  });

  it('serves pages of this machine over every transport, from any port, without configuration', async () => {
    for (const origin of LOCAL) {
      const preflight = await send(`${gateway.url}/graphql`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'callboard-as,content-type',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers['access-control-allow-origin']).toBe(origin);
      expect(preflight.headers['access-control-allow-headers']).toContain('callboard-as');

      const answer = await query(gateway.url, VIEWER, {}, { origin });
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();

      const stream = await subscribeSse(gateway.url, {
        query: SUBSCRIPTION,
        method: 'GET',
        headers: { origin },
      });
      expect(stream.headers['access-control-allow-origin']).toBe(origin);
      await stream.next();
      await stream.close();

      const ws = await subscribeWs(gateway.url, { query: SUBSCRIPTION, headers: { origin } });
      await ws.next();
      await ws.close();
    }
  });

  it('refuses every other page, and says once a minute how it would be let in', async () => {
    for (const origin of FOREIGN) {
      for (let time = 0; time < 2; time++) {
        const answer = await query(gateway.url, VIEWER, {}, { origin, 'callboard-as': 'anna' }).catch(
          (error: unknown) => String(error),
        );
        expect(answer).toContain('ALLOWED_ORIGINS');
        const connection = await connectWs(gateway.url, { headers: { origin } });
        expect((await connection.closed).code).toBe(1008);
      }
    }
    const host = 'app.example:4000';
    for (let time = 0; time < 2; time++)
      expect((await send(`${gateway.url}/healthz`, { headers: { host } })).status).toBe(421);
    const lines = log.map((line) => JSON.parse(line)).filter(({ msg }) => msg.includes('ALLOWED_ORIGINS'));
    expect(lines.map((line) => line.origin ?? line.host)).toEqual([
      'https://app.example',
      'http://localhost.example:5173',
      'http://127.0.0.1.nip.io',
      'https://localhost:5173',
      'http://127.0.0.2:5173',
      'http://evil.example',
      'null',
      host,
    ]);
  });

  describe('with Callboard-As', () => {
    const ANNA = { 'Callboard-As': 'anna' };
    const ALL =
      '{ viewer { userId isOperator } sessions { edges { node { sessionId accounts { accountNumber } } } } payments { edges { node { paymentId } } } callbacks { edges { cursor } } }';
    const ANNAS = {
      viewer: { userId: 'anna', isOperator: false },
      sessions: { edges: [{ node: { sessionId: 'of-anna', accounts: [{ accountNumber: 'BE-anna' }] } }] },
      payments: { edges: [{ node: { paymentId: 'of-anna' } }] },
      callbacks: { edges: [] },
    };

    it('answers as to that person, who is no operator', async () => {
      expect((await query(gateway.url, ALL, {}, ANNA)).data).toEqual(ANNAS);
      expect((await query(gateway.url, VIEWER)).data).toEqual({ viewer: { userId: null, isOperator: true } });
      // Without a body, since Node's client encodes the head as it does the body.
      const utf8 = { 'callboard-as': Buffer.from('zoë').toString('latin1') };
      const { json } = await send(`${gateway.url}/graphql?query=${VIEWER}`, { headers: utf8 });
      expect(at(json, 'data', 'viewer', 'userId')).toBe('zoë');
    });

    it('answers the routes for clients that poll as to that person', async () => {
      const status = (user: string, headers: Headers) =>
        send(`${gateway.url}/api/session/status?sessionId=of-${user}`, { headers });
      expect((await status('anna', ANNA)).status).toBe(200);
      expect((await status('bert', ANNA)).status).toBe(404);
      expect((await status('bert', {})).status).toBe(200);
    });

    it('publishes as to that person, over SSE and over WebSocket by connectionParams.as', async () => {
      const one = (user: string) =>
        `subscription { sessionStatusChanged(sessionId: "of-${user}") { session { userId } } }`;
      for (const [user, seen] of [
        ['anna', { userId: 'anna' }],
        ['bert', null],
      ] as const) {
        const stream = await subscribeSse(gateway.url, { query: one(user), headers: ANNA });
        expect(at((await stream.next()).data, 'sessionStatusChanged', 'session')).toEqual(seen);
        await stream.close();
        const ws = await subscribeWs(gateway.url, { query: one(user), connectionParams: { as: 'anna' } });
        expect(at((await ws.next()).data, 'sessionStatusChanged', 'session')).toEqual(seen);
        await ws.close();
      }
    });

    it("takes it for one operation of a WebSocket from where GraphiQL's headers pane puts it", async () => {
      const connection = await connectWs(gateway.url);
      connection.send({ type: 'connection_init' });
      expect((await connection.nextMessage()).type).toBe('connection_ack');
      const ask = async (id: string, extensions?: object) => {
        connection.send({ id, type: 'subscribe', payload: { query: ALL, extensions } });
        const { payload } = await connection.nextMessage();
        expect((await connection.nextMessage()).type).toBe('complete');
        return at(payload, 'data');
      };
      expect(await ask('1', { headers: ANNA })).toEqual(ANNAS);
      expect(at(await ask('2'), 'viewer')).toEqual({ userId: null, isOperator: true });
      connection.send({
        id: '3',
        type: 'subscribe',
        payload: { query: SUBSCRIPTION, extensions: { headers: { 'callboard-as': '' } } },
      });
      const refused = await connection.nextMessage();
      expect(refused.type).toBe('error');
      expect(at(refused.payload, 0, 'extensions', 'code')).toBe('BAD_USER_INPUT');
      await connection.close();
    });

    it('that is no id refuses with BAD_USER_INPUT, by its name', async () => {
      for (const as of ['', '\u00ff', 'a'.repeat(257)]) {
        const headers = { 'callboard-as': as };
        const answer = await send(`${gateway.url}/graphql?query=${VIEWER}`, { headers });
        expect(answer.status).toBe(400);
        expect(at(answer.json, 'errors', 0, 'extensions', 'code')).toBe('BAD_USER_INPUT');
        expect(at(answer.json, 'errors', 0, 'message')).toContain('Callboard-As');
        const polled = await send(`${gateway.url}/api/session/status?sessionId=of-anna`, { headers });
        expect(polled.status).toBe(400);
        expect(at(polled.json, 'detail')).toContain('Callboard-As');
      }
      for (const as of ['', 7, 'a\0']) {
        const connection = await connectWs(gateway.url);
        connection.send({ type: 'connection_init', payload: { as } });
        expect(await connection.closed).toEqual({
          code: 4400,
          reason: expect.stringContaining('Callboard-As'),
        });
      }
    });
  });

  it.skipIf(!existsSync(CHROMIUM) && !process.env.CI)(
    "lets a page of a frontend's own server ask by fetch, EventSource and WebSocket",
    async () => {
      const frontend = createServer((_, res) => res.setHeader('content-type', 'text/html').end('<p>mine'));
      await new Promise<void>((resolve) => frontend.listen(0, '127.0.0.1', resolve));
      const address = frontend.address();
      const port = typeof address === 'object' ? address?.port : null;
      const browser = await launchBrowser();
      closeLater(async () => {
        await browser.close();
        await new Promise((resolve) => frontend.close(resolve));
      });
      const page = await browser.newPage();
      await page.goto(`http://localhost:${port}/`);
      const seen = await page.evaluate(
        async ({ url, viewer, subscription }) => {
          const asked = await fetch(`${url}/graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'callboard-as': 'anna' },
            body: JSON.stringify({ query: viewer }),
          });
          const answer: unknown = await asked.json();
          // The page's own world: what it holds is not typed here.
          const { EventSource, WebSocket } = Object(globalThis);
          const source = new EventSource(`${url}/graphql?query=${encodeURIComponent(subscription)}`);
          const streamed = await new Promise((resolve, reject) => {
            source.addEventListener('next', () => resolve('next'));
            source.addEventListener('error', () => reject(new Error('the event stream failed')));
          });
          source.close();
          const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
          const acknowledged = await new Promise((resolve, reject) => {
            socket.onopen = () => socket.send('{"type":"connection_init","payload":{"as":"anna"}}');
            socket.onmessage = ({ data }: { data: string }) => resolve(JSON.parse(data).type);
            socket.onclose = ({ code }: { code: number }) => reject(new Error(`closed: ${code}`));
          });
          socket.close();
          return { answer, streamed, acknowledged };
        },
        { url: gateway.url, viewer: VIEWER, subscription: SUBSCRIPTION },
      );
      expect(seen).toEqual({
        answer: { data: { viewer: { userId: 'anna', isOperator: false } } },
        streamed: 'next',
        acknowledged: 'connection_ack',
      });
    },
  );
});

eachStore('production', (on) => {
  it('ignores Callboard-As, and pages of this machine are as foreign as any', async () => {
    const gateway = await startProduction(on, { dataDir: on.folder });
    const cora = await bearer({ sub: 'cora' });
    for (const as of ['anna', '']) {
      const answer = await query(gateway.url, VIEWER, {}, { ...cora, 'callboard-as': as });
      expect(answer.data).toEqual({ viewer: { userId: 'cora', isOperator: false } });
      expect((await query(gateway.url, VIEWER, {}, { 'callboard-as': as })).status).toBe(401);
      const connection = await connectWs(gateway.url, { headers: { 'callboard-as': as } });
      connection.send({ type: 'connection_init', payload: { ...cora, as } });
      expect((await connection.nextMessage()).type).toBe('connection_ack');
      const extensions = { headers: { 'Callboard-As': as } };
      connection.send({ id: '1', type: 'subscribe', payload: { query: VIEWER, extensions } });
      expect((await connection.nextMessage()).payload).toEqual({
        data: { viewer: { userId: 'cora', isOperator: false } },
      });
      await connection.close();
    }
    const refused = await send(`${gateway.url}/graphql?query={__typename}`, {
      headers: { ...cora, origin: 'http://localhost:5173' },
    });
    expect(refused.status).toBe(403);
  });
});
