import { randomUUID } from 'node:crypto';
import { type Client, type ClientOptions, createClient } from 'graphql-ws';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { fields } from '../support/builders/samples.ts';
import { createAsyncQueue } from '../support/clients/async-queue.ts';
import { at, postCallback, query, send, textAt } from '../support/clients/client.ts';
import { seconds } from '../support/clients/issuer.ts';
import { loadRecipes } from '../support/clients/load-recipes.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { connectWs, subscribeWs } from '../support/clients/subscribe-ws.ts';
import { runRecipe } from '../support/documents.ts';
import {
  bearer,
  OPERATOR,
  type ProductionGateway,
  startProduction,
  token,
} from '../support/gateways/production.ts';
import { eachStore } from '../support/stores/stores.ts';

const CHANGES = `subscription ($after: String) {
  sessionStatusChanged(after: $after) { cursor recovered kind session { sessionId version } }
}`;

eachStore('production', (on) => {
  let gateway: ProductionGateway;
  beforeAll(async () => {
    gateway = await startProduction(on);
  });

  const report = (fieldsToo: object) => gateway.deliver({ ...fields('session-status'), ...fieldsToo });
  const expiring = (inSeconds: number, claims = {}) => token({ exp: seconds(inSeconds), ...claims });

  describe('a token over HTTP', () => {
    it('is demanded with 401 and WWW-Authenticate, on GraphQL, SSE and the polling routes', async () => {
      const bad: Readonly<Record<string, string>>[] = [
        {},
        { authorization: 'Bearer nonsense' },
        { authorization: `Bearer ${await token({}, 'another secret of at least 32 characters')}` },
      ];
      for (const headers of bad) {
        const answer = await query(gateway.url, '{ viewer { userId } }', {}, headers);
        expect(answer.status).toBe(401);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(answer.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', retryable: false });
        const polled = await send(`${gateway.url}/api/session/status?sessionId=s`, { headers });
        expect([polled.status, polled.headers['www-authenticate']]).toEqual([401, 'Bearer']);
        const streamed = await subscribeSse(gateway.url, { query: CHANGES, headers });
        expect(streamed.status).toBe(401);
        await streamed.close();
      }
    });

    it('says who the viewer is', async () => {
      const exp = seconds(120);
      const answer = await query(
        gateway.url,
        '{ viewer { userId isOperator tokenExpiresAt } }',
        {},
        await bearer({ exp }),
      );
      expect(answer.data).toEqual({
        viewer: { userId: 'anna', isOperator: false, tokenExpiresAt: new Date(exp * 1000).toISOString() },
      });
    });

    it('is never read from the address', async () => {
      const good = await token();
      for (const name of ['token', 'access_token', 'authorization']) {
        const search = new URLSearchParams({ query: '{ viewer { userId } }', [name]: good });
        const answer = await send(`${gateway.url}/graphql?${search}`, {
          headers: { accept: 'application/json' },
        });
        expect([400, 401]).toContain(answer.status);
      }
    });
  });

  describe('a token over WebSocket', () => {
    const closedWith = async (params: Record<string, unknown> | null) => {
      const connection = await connectWs(gateway.url);
      connection.send({ type: 'connection_init', ...(params === null ? {} : { payload: params }) });
      return (await connection.closed).code;
    };

    it('closes 4401 where it is missing or bad, and 4403 where it is over', async () => {
      expect(await closedWith(null)).toBe(4401);
      expect(await closedWith({ authorization: 'Bearer nonsense' })).toBe(4401);
      expect(await closedWith({ authorization: 7 })).toBe(4401);
      expect(await closedWith({ authorization: `Bearer ${await expiring(-5)}` })).toBe(4403);
    });

    it('is read in any letter case, from headers within, and from the handshake', async () => {
      const good = `Bearer ${await token()}`;
      const ways = [
        { connectionParams: { Authorization: good } },
        { connectionParams: { AUTHORIZATION: good } },
        { connectionParams: { headers: { Authorization: good } } },
        { headers: { authorization: good } },
      ];
      for (const way of ways) {
        const subscribed = await subscribeWs(gateway.url, { query: CHANGES, ...way });
        expect(at((await subscribed.next()).data, 'sessionStatusChanged', 'kind')).toBe('SNAPSHOT');
        await subscribed.close();
      }
    });

    it('is acknowledged with the time at which it ends', async () => {
      const exp = seconds(60);
      const subscribed = await subscribeWs(gateway.url, {
        query: CHANGES,
        connectionParams: { authorization: `Bearer ${await expiring(60)}` },
      });
      expect(Date.parse(textAt(subscribed.acknowledged, 'expiresAt')) - exp * 1000).toBeLessThanOrEqual(
        1_000,
      );
      await subscribed.close();
    });
  });

  describe('a token that ends while its bearer listens', () => {
    it('closes the socket with 4403 within 1 s, and a fresh one with the cursor misses nothing', async () => {
      const user = randomUUID();
      const exp = seconds(3);
      const connectionParams = { authorization: `Bearer ${await token({ sub: user, exp })}` };
      const subscribed = await subscribeWs(gateway.url, { query: CHANGES, connectionParams });
      await subscribed.next();
      await report({ sessionId: `${user}-1`, userId: user });
      const received = await subscribed.next();
      const { code } = await subscribed.connection.closed;
      expect(code).toBe(4403);
      expect(Date.now() - exp * 1000).toBeLessThan(1_000);

      await report({ sessionId: `${user}-2`, userId: user });
      const again = await subscribeWs(gateway.url, {
        query: CHANGES,
        variables: { after: textAt(received.data, 'sessionStatusChanged', 'cursor') },
        connectionParams: { authorization: `Bearer ${await token({ sub: user })}` },
      });
      const missed = await again.next();
      expect(at(missed.data, 'sessionStatusChanged')).toMatchObject({
        recovered: true,
        kind: 'STATUS',
        session: { sessionId: `${user}-2` },
      });
      await again.close();
    });

    it('cuts the stream within 1 s, without complete', async () => {
      const exp = seconds(3);
      const streamed = await subscribeSse(gateway.url, { query: CHANGES, headers: await bearer({ exp }) });
      await streamed.next();
      expect(await streamed.ended).toBe(false);
      expect(Date.now() - exp * 1000).toBeLessThan(1_000);
      expect(streamed.raw()).not.toContain('complete');
    });
  });

  it('lets graphql-ws’s own client go on by itself, with a fresh token and its newest cursor', async () => {
    const user = randomUUID();
    let connections = 0;
    let cursor: unknown = null;
    const client = createClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 5,
      retryWait: () => Promise.resolve(),
      connectionParams: async () => {
        connections += 1;
        const exp = seconds(connections === 1 ? 2 : 60);
        return { authorization: `Bearer ${await token({ sub: user, exp })}` };
      },
    });
    const received: unknown[] = [];
    const messages = client.iterate({
      query: 'subscription { sessionStatusChanged { kind session { sessionId } } }',
      get extensions() {
        return { after: cursor };
      },
    });
    for await (const { data, extensions } of messages) {
      cursor = at(extensions, 'cursor');
      received.push(
        at(data, 'sessionStatusChanged', 'session', 'sessionId') ?? at(data, 'sessionStatusChanged', 'kind'),
      );
      if (received.length === 1) await report({ sessionId: `${user}-1`, userId: user });
      // The second comes only when the first token is over.
      if (received.length === 2) {
        client.on('closed', () => void report({ sessionId: `${user}-2`, userId: user }));
      }
      if (received.length === 3) break;
    }
    expect(received).toEqual(['SNAPSHOT', `${user}-1`, `${user}-2`]);
    expect(connections).toBe(2);
    await client.dispose();
  });

  it('lets the recipe of docs/frontend.md come back with a fresh token, and miss nothing', async () => {
    const user = randomUUID();
    let tokens = 0;
    // cast: the same as below.
    const recipes = (await loadRecipes("export * from './callboard'", gateway.url)) as {
      resuming(client: Client): Client;
      retryWait(retries: number): Promise<void>;
    };
    const freshToken = () => token({ sub: user, exp: seconds(++tokens === 1 ? 2 : 60) });
    // Browsers have a WebSocket; Node 20 does not.
    const create = (options: ClientOptions) => createClient({ ...options, webSocketImpl: WebSocket });
    // cast: recipes are JavaScript; the test fails where one does not do what its type here says.
    const client = runRecipe('refresh', 'client', gateway.url, {
      createClient: create,
      freshToken,
      retryWait: recipes.retryWait,
    }) as Client;
    const { resuming } = recipes;
    const received = createAsyncQueue<unknown>('the recipe');
    const leave = resuming(client).subscribe(
      { query: 'subscription { sessionStatusChanged { kind session { sessionId } } }' },
      {
        next: (result) => received.push(at(result, 'data', 'sessionStatusChanged')),
        error() {},
        complete() {},
      },
    );
    expect(await received.next()).toEqual({ kind: 'SNAPSHOT', session: null });
    // The change comes while the first token is over and the second not yet in use.
    const once = client.on('closed', () => {
      once();
      void report({ sessionId: `${user}-1`, userId: user });
    });
    expect(await received.next(20_000)).toEqual({ kind: 'STATUS', session: { sessionId: `${user}-1` } });
    expect(tokens).toBe(2);
    leave();
    await client.dispose();
  });

  describe('a callback', () => {
    it('is refused without its secret by one constant body, and nothing of it is kept', async () => {
      const sessionId = randomUUID();
      const bodies = new Set<string>();
      const wrong: Readonly<Record<string, string>>[] = [
        {},
        { 'x-callback-secret': 'wrong' },
        { 'webhook-id': 'x' },
      ];
      for (const headers of wrong) {
        const answer = await postCallback(gateway.url, { ...fields('session-status'), sessionId }, headers);
        expect(answer.status).toBe(401);
        bodies.add(answer.text);
      }
      expect(bodies.size).toBe(1);
      const found = await query(
        gateway.url,
        'query ($id: ID!) { callbacks(filter: { sessionId: $id }) { edges { node { position } } } }',
        { id: sessionId },
        await bearer(OPERATOR),
      );
      expect(found.data).toEqual({ callbacks: { edges: [] } });
    });

    it('counts its failures by the address that a trusted proxy names, and by no other', async () => {
      const behind = await startProduction(on, { dataDir: 'memory', trustProxy: ['loopback'] });
      const failFrom = async (url: string, address: string) =>
        (await postCallback(url, {}, { 'x-callback-secret': 'wrong', 'x-forwarded-for': address })).status;
      for (let n = 0; n < 10; n += 1) expect(await failFrom(behind.url, '192.0.2.1')).toBe(401);
      expect(await failFrom(behind.url, '192.0.2.1')).toBe(429);
      expect(await failFrom(behind.url, '192.0.2.2')).toBe(401);
      await behind.close();
      const statuses = new Set<number>();
      for (let n = 0; n < 15; n += 1) statuses.add(await failFrom(gateway.url, `192.0.2.${n}`));
      expect(statuses).toContain(429);
    });

    it('that is good is never answered 429, however many failures came from its address', async () => {
      const statuses = new Set<number>();
      for (let n = 0; n < 15; n += 1) {
        statuses.add((await postCallback(gateway.url, {}, { 'x-callback-secret': 'wrong' })).status);
      }
      expect(statuses).toContain(429);
      expect((await report({ sessionId: randomUUID() })).status).toBe(200);
    });
  });

  it('health says only ok or not, to everyone', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const answer = await send(`${gateway.url}${path}`);
      expect([answer.status, answer.text]).toEqual([200, 'ok']);
    }
  });
});
