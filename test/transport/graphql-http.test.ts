import { beforeAll, describe, expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { at, postCallback, query, send } from '../support/clients/client.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('/graphql over HTTP', () => {
  let gateway: StartedGateway;
  let graphql: string;
  beforeAll(async () => {
    gateway = await startGateway();
    graphql = `${gateway.url}/graphql`;
  });
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    send(graphql, {
      method: 'POST',
      headers: { ...JSON_TYPE, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('sees a callback in the query sent after its 200', async () => {
    for (const sessionId of ['a', 'b', 'c']) {
      await postCallback(gateway.url, { ...fields('session-status'), sessionId });
      const { data } = await query(gateway.url, 'query($id: ID!) { session(sessionId: $id) { sessionId } }', {
        id: sessionId,
      });
      expect(data).toEqual({ session: { sessionId } });
    }
  });

  it.each([
    ['{', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query($first: Int) { sessions(first: $first) { liveCursor } }', 'BAD_USER_INPUT'],
    ['{ sessions(first: 101) { liveCursor } }', 'BAD_USER_INPUT'],
    ['query A { node(id: "x") { id } } query B { node(id: "x") { id } }', 'BAD_USER_INPUT'],
    ['subscription { sessionStatusChanged { cursor } }', 'BAD_USER_INPUT'],
  ])('answers %s with %s, not worth a retry', async (document, code) => {
    const { json } = await post({ query: document, variables: { first: 'many' } });
    expect(at(json, 'errors', 0, 'extensions')).toEqual({ code, retryable: false });
  });

  it.each([
    ['', 400],
    ['{', 400],
    ['[]', 400],
    ['[{"query":"{ __typename }"}]', 400],
    ['null', 400],
    ['"x"', 400],
    [{ query: '{ __typename }', more: 1 }, 400],
  ])('answers the body %j with %i and an error in the shape of GraphQL', async (body, status) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(at(answer.json, 'errors', 0, 'extensions')).toEqual({ code: 'BAD_USER_INPUT', retryable: false });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
  ])('takes no %s, which a form of another site could send', async (type) => {
    const answer = await post('query=%7B__typename%7D', { 'content-type': type });
    expect(answer.status).toBe(415);
  });

  it('takes 64 KiB and answers 413 to more', async () => {
    const padded = (bytes: number) => JSON.stringify({ query: '{ __typename }' }).padEnd(bytes, ' ');
    expect((await post(padded(64 * 1024))).status).toBe(200);
    const answer = await post(padded(64 * 1024 + 1));
    expect(answer.status).toBe(413);
    expect(at(answer.json, 'errors', 0, 'extensions', 'code')).toBe('LIMIT_EXCEEDED');
  });

  it('answers 405 and Allow to other methods', async () => {
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
      const answer = await send(graphql, { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, POST');
    }
  });

  it('answers 406 to who takes nothing it has', async () => {
    expect((await post({ query: '{ __typename }' }, { accept: 'image/png' })).status).toBe(406);
    expect((await post({ query: '{ __typename }' }, { accept: 'application/json;q=0' })).status).toBe(406);
  });

  it('answers a query as JSON to a client that takes streams too', async () => {
    const accept = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';
    const answer = await post({ query: '{ __typename }' }, { accept });
    expect(answer.headers['content-type']).toBe('application/graphql-response+json; charset=utf-8');
    expect(answer.json).toEqual({ data: { __typename: 'Query' } });
  });

  it('allows no other origin', async () => {
    const answer = await post({ query: '{ __typename }' }, { origin: 'https://example.com' });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    const preflight = await send(graphql, {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('shows its schema only where INTROSPECTION is on', async () => {
    const document = '{ __schema { queryType { name } } }';
    expect((await query(gateway.url, document)).data).toEqual({ __schema: { queryType: { name: 'Query' } } });
    const closed = await startGateway({ introspection: false });
    const { errors } = await query(closed.url, document);
    expect(at(errors, 0, 'extensions', 'code')).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});
