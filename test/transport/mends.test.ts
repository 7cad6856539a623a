import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { at, query, send } from '../support/clients/client.ts';
import { connectWs } from '../support/clients/subscribe-ws.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { type ProductionGateway, startProduction, token } from '../support/gateways/production.ts';
import { eachStore } from '../support/stores/stores.ts';

const JSON_BODY = { 'content-type': 'application/json' };

describe('an answer names what mends a mistake that frontends make first', () => {
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  const post = async (body: object) => {
    const sent = { method: 'POST', headers: JSON_BODY, body: JSON.stringify(body) };
    const { status, json } = await send(`${gateway.url}/graphql`, sent);
    return {
      status,
      code: at(json, 'errors', 0, 'extensions', 'code'),
      message: at(json, 'errors', 0, 'message'),
    };
  };

  it('a hash where there is no list of documents', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
    for (const body of [{ extensions }, { documentId: 'a' }])
      expect(await post(body)).toEqual({
        status: 400,
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining('TRUSTED_DOCUMENTS'),
      });
  });

  it('an unknown parameter: which', async () => {
    expect((await post({ query: '{ __typename }', operation: 'x' })).message).toMatch(
      /^Unknown parameter "operation"; known are query,/,
    );
    const byGet = await send(`${gateway.url}/graphql?qury={__typename}`);
    expect(at(byGet.json, 'errors', 0, 'message')).toMatch(/^Unknown parameter "qury"; known are query,/);
    const labelled = await send(`${gateway.url}/graphql?query={__typename}&label=home`);
    expect(labelled.json).toEqual({ data: { __typename: 'Query' } });
  });

  it('a mutation', async () => {
    const answer = await post({ query: 'mutation { connect }' });
    expect(answer).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('POST /callbacks'),
    });
  });

  it("the aggregator's own id where a global one is wanted", async () => {
    const answer = await query(gateway.url, '{ node(id: "session-1") { id } }');
    expect(answer.errors?.[0]).toMatchObject({
      message: expect.stringContaining('session(sessionId:)'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  it('the subprotocol of subscriptions-transport-ws', async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-ws');
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([4406, expect.stringContaining('graphql-transport-ws')]);
  });

  it('the address alone: it leads to GraphiQL, where that is on', async () => {
    const headers = { accept: 'text/html,*/*;q=0.8' };
    const found = await send(gateway.url, { headers });
    expect([found.status, found.headers.location]).toEqual([302, '/graphql']);
    const { url } = await startGateway({ graphiql: false });
    expect((await send(url, { headers })).status).toBe(404);
  });

  it('an address where nothing is served, and the address alone for who is no browser', async () => {
    for (const path of ['/', '/graphql/', '/graphq', '/callback'])
      expect(at((await send(gateway.url + path)).json, 'detail')).toMatch(/\/graphql.* \/callbacks/);
  });
});

eachStore('in production', (on) => {
  let gateway: ProductionGateway;
  beforeAll(async () => {
    gateway = await startProduction(on);
  });

  it('a cookie instead of a token is answered where a token belongs', async () => {
    const answer = await query(gateway.url, '{ __typename }', {}, { cookie: `token=${await token()}` });
    expect(answer.status).toBe(401);
    expect(answer.errors?.[0]?.message).toMatch(/Authorization: Bearer.*Cookies/);
  });

  it('connection_init { token } is closed with what it must be', async () => {
    const connection = await connectWs(gateway.url);
    connection.send({ type: 'connection_init', payload: { token: await token() } });
    const { code, reason } = await connection.closed;
    expect([code, reason]).toEqual([4401, expect.stringContaining('"authorization": "Bearer <token>"')]);
  });

  it('an expired token is told apart from a bad one, on GraphQL, SSE and the polling routes', async () => {
    const authorization = `Bearer ${await token({ exp: Math.floor(Date.now() / 1_000) - 5 })}`;
    const challenge = 'Bearer error="invalid_token", error_description="The token has expired"';
    for (const accept of ['application/json', 'text/event-stream']) {
      const { status, headers, json } = await send(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { ...JSON_BODY, accept, authorization },
        body: JSON.stringify({ query: 'subscription { sessionStatusChanged { kind } }' }),
      });
      expect([status, headers['www-authenticate']]).toEqual([401, challenge]);
      expect(at(json, 'errors', 0, 'extensions')).toEqual({ code: 'TOKEN_EXPIRED', retryable: false });
    }
    const polled = await send(`${gateway.url}/api/session/status?sessionId=s`, {
      headers: { authorization },
    });
    expect([polled.status, polled.headers['www-authenticate']]).toEqual([401, challenge]);
  });
});
