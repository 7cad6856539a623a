import { once } from 'node:events';
import { getIntrospectionQuery } from 'graphql';
import { serverAudits } from 'graphql-http';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';
import { body, fields } from '../support/builders/samples.ts';
import { type Answer, at, postCallback, query, send } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { connectWs, subscribeWs } from '../support/clients/subscribe-ws.ts';
import {
  bearer,
  OPERATOR,
  type ProductionGateway,
  startProduction,
  token,
} from '../support/gateways/production.ts';
import { eachStore } from '../support/stores/stores.ts';

const NESTED = (levels: number) =>
  `{ callbacks ${'{ edges { node { session { callbacks '.repeat(levels)}{ liveCursor }${' } } } }'.repeat(levels)} }`;

eachStore('an attacker of a production gateway', (on) => {
  let gateway: ProductionGateway;
  let anna: { authorization: string };
  beforeAll(async () => {
    gateway = await startProduction(on, { allowedOrigins: ['https://app.example'] });
    anna = await bearer();
    await gateway.deliver(fields('session-accounts'));
  });

  const post = (text: string, headers: Readonly<Record<string, string>> = {}) =>
    send(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...anna, ...headers },
      body: text,
    });
  const ask = (document: string, headers = {}) => post(JSON.stringify({ query: document }), headers);
  const codeOf = ({ json }: Answer) => at(json, 'errors', 0, 'extensions', 'code');
  const dataOf = ({ json }: Answer) => at(json, 'data') ?? null;

  /** By WebSocket: what the one operation is answered. */
  async function overWs(document: string): Promise<unknown> {
    const subscribed = await subscribeWs(gateway.url, { query: document, connectionParams: anna });
    const message = await subscribed.connection.nextMessage();
    await subscribed.close();
    return message.type === 'error' ? at(message.payload, 0, 'extensions', 'code') : message.type;
  }

  // graphql-cop (https://github.com/dolevf/graphql-cop) and DVGA (Damn Vulnerable GraphQL Application), test by test.
  describe('who would exhaust it', () => {
    it.each([
      [
        'alias overloading (cop, DVGA)',
        `{ ${Array.from({ length: 101 }, (_, n) => `alias${n}: __typename`).join(' ')} }`,
      ],
      ['field duplication (cop, DVGA)', `{ ${'__typename '.repeat(500)} }`],
      ['directive overloading (cop)', `{ __typename ${'@aa'.repeat(10)} }`],
      ['a deep recursion (DVGA)', NESTED(8)],
      [
        'a resource-intensive query (DVGA)',
        '{ sessions(first: 100) { edges { node { callbacks(first: 100) { edges { node { position } } } } } } }',
      ],
      ['a long document', `{ ${'sessions { liveCursor } '.repeat(300)} }`],
    ])('by %s gets LIMIT_EXCEEDED on HTTP and on WebSocket', async (_, document) => {
      const answer = await ask(document);
      expect([dataOf(answer), codeOf(answer)]).toEqual([null, 'LIMIT_EXCEEDED']);
      expect(at(answer.json, 'errors', 0, 'message')).toMatch(/at most \d+/);
      expect(await overWs(document)).toBe('LIMIT_EXCEEDED');
    });

    it('by circular introspection (cop, DVGA) gets none of it', async () => {
      const circular = `{ __schema { types { fields { type ${'{ fields { type '.repeat(4)}{ name }${' } }'.repeat(4)} } } } }`;
      for (const headers of [anna, await bearer(OPERATOR)]) {
        const answer = await ask(circular, headers);
        expect(dataOf(answer)).toBeNull();
        expect(codeOf(answer)).toBe('GRAPHQL_VALIDATION_FAILED');
      }
    });

    it('by circular fragments (DVGA) is answered with the reason', async () => {
      const answer = await ask(
        'query { ...A } fragment A on Query { ...B } fragment B on Query { ...A __typename }',
      );
      expect([dataOf(answer), codeOf(answer)]).toEqual([null, 'GRAPHQL_VALIDATION_FAILED']);
    });

    it('by batches of queries (cop, DVGA) gets no answer to any', async () => {
      const answer = await post(
        JSON.stringify(Array.from({ length: 10 }, () => ({ query: '{ __typename }' }))),
      );
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain('Query');
    });

    it('by a body above 64 KiB gets 413', async () => {
      const answer = await post(
        JSON.stringify({ query: '{ __typename }', variables: { x: 'x'.repeat(70_000) } }),
      );
      expect([answer.status, codeOf(answer)]).toEqual([413, 'LIMIT_EXCEEDED']);
    });

    it('by pages of more than 100 is answered with what is allowed', async () => {
      for (const argument of ['first: 101', 'last: 1000000', 'first: -1']) {
        expect(codeOf(await ask(`{ sessions(${argument}) { liveCursor } }`))).toBe('BAD_USER_INPUT');
      }
    });

    it('by the 21st subscription of a socket gets an error on that id, even all at once', async () => {
      const connection = await connectWs(gateway.url);
      connection.send({ type: 'connection_init', payload: anna });
      await connection.nextMessage();
      const document = 'subscription { sessionStatusChanged(sessionId: "none") { cursor } }';
      for (let id = 1; id <= 22; id += 1) {
        connection.send({ id: String(id), type: 'subscribe', payload: { query: document } });
      }
      const errors: unknown[] = [];
      for (let n = 1; n <= 22; n += 1) {
        const message = await connection.nextMessage();
        if (message.type === 'error') errors.push(at(message.payload, 0, 'extensions', 'code'));
      }
      expect(errors).toEqual(['LIMIT_EXCEEDED', 'LIMIT_EXCEEDED']);
      await connection.close();
    });

    it('by more than 100 messages a minute is closed with 1008, by pings as well', async () => {
      for (const flood of ['message', 'ping'] as const) {
        const connection = await connectWs(gateway.url);
        connection.send({ type: 'connection_init', payload: anna });
        await connection.nextMessage();
        for (let n = 0; n < 101; n += 1) {
          if (flood === 'message') {
            connection.send({ type: 'pong' });
            continue;
          }
          connection.socket.ping();
          // Many at once are ws's own to end.
          await Promise.race([once(connection.socket, 'pong'), connection.closed]);
        }
        expect((await connection.closed).code).toBe(1008);
      }
    });

    it('by an 11th socket is refused and may retry later, and the first ten stay', async () => {
      const user = await bearer({ sub: 'greedy' });
      const open = async () => {
        const connection = await connectWs(gateway.url);
        connection.send({ type: 'connection_init', payload: user });
        return connection;
      };
      const ten = await Promise.all(Array.from({ length: 10 }, open));
      for (const one of ten) expect((await one.nextMessage()).type).toBe('connection_ack');
      expect((await (await open()).closed).code).toBe(1013);
      await ten[0]?.close();
      const next = await open();
      expect((await next.nextMessage()).type).toBe('connection_ack');
      for (const one of [...ten.slice(1), next]) await one.close();
    });

    it('by more connections than the gateway holds is refused and may retry later, over either transport', async () => {
      const limits = { ...DEFAULT_LIMITS, connections: 10, viewerSockets: 100, viewerStreams: 100 };
      const small = await startProduction(on, { dataDir: 'memory', limits });
      const headers = await bearer({ sub: 'many' });
      const document = 'subscription { sessionStatusChanged { cursor } }';
      const held = [];
      for (let n = 0; n < 5; n += 1) {
        const ws = await subscribeWs(small.url, { query: document, connectionParams: headers });
        await ws.next();
        held.push(ws, await subscribeSse(small.url, { query: document, headers }));
      }
      expect((await (await connectWs(small.url)).closed).code).toBe(1013);
      const more = await subscribeSse(small.url, { query: document, headers });
      expect([more.status, more.headers['retry-after']]).toEqual([503, '5']);
      for (const one of [...held, more]) await one.close();
      await small.close();
    });

    it('by an 11th stream is refused and may retry later', async () => {
      const headers = await bearer({ sub: 'streaming' });
      const document = 'subscription { sessionStatusChanged { cursor } }';
      const ten = [];
      for (let n = 0; n < 10; n += 1) ten.push(await subscribeSse(gateway.url, { query: document, headers }));
      expect(ten.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
      const more = await subscribeSse(gateway.url, { query: document, headers });
      expect([more.status, more.headers['retry-after']]).toEqual([503, '5']);
      const got = await subscribeSse(gateway.url, { query: document, headers, method: 'GET' });
      expect([got.status, await got.ended]).toEqual([200, false]);
      for (const one of [...ten, more]) await one.close();
    });
  });

  it('with documents of their own gets no answer where only trusted ones are; an operator does', async () => {
    const trusted = 'query Mine { viewer { userId } }';
    const strict = await startProduction(on, {
      dataDir: 'memory',
      trustedDocuments: { texts: new Set([trusted]), byId: new Map() },
    });
    expect((await query(strict.url, trusted, {}, anna)).data).toEqual({ viewer: { userId: 'anna' } });
    for (const other of [
      '{ viewer { userId } }',
      `${trusted} query Other { viewer { isOperator } }`,
      'query Mine { viewer { userId isOperator } }',
      'query Mine { viewer { userId other: __typename } }',
      'subscription { sessionStatusChanged { cursor } }',
    ]) {
      const { errors, data } = await query(strict.url, other, {}, anna);
      expect([data, errors?.[0]?.extensions?.code]).toEqual([undefined, 'FORBIDDEN']);
      const subscribed = await subscribeWs(strict.url, { query: other, connectionParams: anna });
      const message = await subscribed.connection.nextMessage();
      expect([message.type, at(message.payload, 0, 'extensions', 'code')]).toEqual(['error', 'FORBIDDEN']);
      await subscribed.close();
    }
    const operator = await query(strict.url, '{ viewer { isOperator } }', {}, await bearer(OPERATOR));
    expect(operator.data).toEqual({ viewer: { isOperator: true } });
    await strict.close();
  });

  describe('who would learn about it', () => {
    it('by introspection (cop, DVGA) learns nothing; an operator may', async () => {
      for (const document of [getIntrospectionQuery(), '{ __type(name: "Session") { name } }']) {
        const answer = await ask(document);
        expect([dataOf(answer), codeOf(answer)]).toEqual([null, 'GRAPHQL_VALIDATION_FAILED']);
        const operator = await ask(document, await bearer(OPERATOR));
        expect(at(operator.json, 'errors')).toBeUndefined();
        // Answered to an operator it is known, but to operators alone.
        expect(codeOf(await ask(document))).toBe('GRAPHQL_VALIDATION_FAILED');
      }
    });

    it('by other variables of a query that was answered before learns no name either', async () => {
      const document = 'query ($f: SessionFilter) { sessions(filter: $f) { liveCursor } }';
      const asked = async (f: object) => (await query(gateway.url, document, { f }, anna)).text;
      for (const outcome of ['PENDING', 'FAILED', 'PENDING'])
        expect(await asked({ outcome: [outcome] })).not.toContain('errors');
      const text = await asked({ outcome: ['PENDNG'], bankid: 'x' });
      expect(text).toContain('errors');
      expect(text).not.toMatch(/did you mean/i);
    });

    it('by suggestions (cop, DVGA) learns no name', async () => {
      for (const document of [
        '{ sesions { liveCursor } }',
        '{ sessions(frist: 1) { liveCursor } }',
        '{ sessions { edges { node { sesionId } } } }',
        '{ sessions(filter: { outcome: [PENDNG] }) { liveCursor } }',
        'query ($f: SesionFilter) { sessions(filter: $f) { liveCursor } }',
        '{ ...on Sesion { id } }',
      ]) {
        const { text } = await ask(document);
        expect(text).toContain('errors');
        expect(text).not.toMatch(/did you mean/i);
      }
      const variables = { f: { outcome: ['PENDNG'], bankid: 'x' } };
      const { text } = await query(
        gateway.url,
        'query ($f: SessionFilter) { sessions(filter: $f) { liveCursor } }',
        variables,
        anna,
      );
      expect(text).toContain('errors');
      expect(text).not.toMatch(/did you mean/i);
    });

    it('by GraphiQL or a playground (cop, DVGA) finds no page', async () => {
      for (const path of ['/graphql', '/graphiql', '/playground', '/console', '/altair', '/voyager', '/']) {
        const answer = await send(`${gateway.url}${path}`, { headers: { accept: 'text/html' } });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.text).not.toMatch(/<html|graphiql|playground/i);
      }
    });

    it('by errors, stacks and traces (cop, DVGA) learns no inside', async () => {
      const answers = [
        await ask('query cop { abc }'),
        await ask('qwerty cop { abc }'),
        await post('{'),
        await post('null'),
        await post('{"query":{}}'),
        await ask('{ node(id: 1.5) { id } }'),
        await ask('{ sessions(after: "x") { liveCursor } }'),
      ];
      for (const { text, json } of answers) {
        expect(at(json, 'errors', 0, 'message')).toBeTypeOf('string');
        expect(text).not.toMatch(/exception|stack|tracing|node_modules|\.ts:|select |postgres/i);
      }
    });

    it('by headers learns no product, and browsers get the headers that restrict them', async () => {
      for (const path of ['/graphql', '/callbacks', '/readyz', '/nowhere']) {
        const { headers } = await send(`${gateway.url}${path}`);
        expect(headers['x-powered-by']).toBeUndefined();
        expect(headers.server).toBeUndefined();
        expect(headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        });
      }
    });
  });

  describe('who would ask in another’s name', () => {
    it('by a form or another media type (cop: POST-based CSRF) gets 415', async () => {
      for (const type of [
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'text/plain',
      ]) {
        const answer = await send(`${gateway.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': type, ...anna },
          body: 'query=%7B__typename%7D',
        });
        expect(answer.status).toBe(415);
      }
    });

    it('by GET (cop: GET-based CSRF) needs a token in a header, which no other site can send', async () => {
      const search = new URLSearchParams({ query: '{ __typename }' });
      const answer = await send(`${gateway.url}/graphql?${search}`, {
        headers: { accept: 'application/json' },
      });
      expect(answer.status).toBe(401);
      const mutation = new URLSearchParams({ query: 'mutation { __typename }' });
      const changed = await send(`${gateway.url}/graphql?${mutation}`, {
        headers: { accept: 'application/json', ...anna },
      });
      expect([400, 405]).toContain(changed.status);
      expect(changed.text).not.toContain('"data"');
    });

    it('from a page of another origin is refused, on HTTP, SSE and WebSocket; from a listed one is not', async () => {
      for (const origin of [
        'https://evil.example',
        'null',
        'https://app.example.evil.example',
        'http://app.example',
      ]) {
        const answer = await ask('{ __typename }', { origin });
        expect(answer.status).toBe(403);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
        const connection = await connectWs(gateway.url, { headers: { origin } });
        expect((await connection.closed).code).toBe(1008);
      }
      for (const origin of ['https://app.example', gateway.url]) {
        const answer = await ask('{ __typename }', { origin });
        expect(answer.status).toBe(200);
        expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
        const connection = await connectWs(gateway.url, { headers: { origin } });
        connection.send({ type: 'connection_init', payload: anna });
        expect((await connection.nextMessage()).type).toBe('connection_ack');
        await connection.close();
      }
    });

    it('is answered a preflight by list only, with exactly the headers that are needed', async () => {
      const preflight = (origin: string) =>
        send(`${gateway.url}/graphql`, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        });
      const good = await preflight('https://app.example');
      expect(good.status).toBe(204);
      expect(good.headers).toMatchObject({
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type, last-event-id, traceparent',
        vary: 'origin',
      });
      expect((await preflight('https://evil.example')).status).toBe(403);
    });

    it('by a forged token (DVGA: JWT) gets 401', async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const [, , signature = ''] = (await token()).split('.');
      const claims = {
        iss: 'https://issuer.example',
        aud: 'callboard',
        sub: 'admin',
        exp: 9e9,
        scope: OPERATOR.scope,
      };
      for (const forged of [
        `${part({ alg: 'none' })}.${part(claims)}.`,
        `${part({ alg: 'HS256' })}.${part(claims)}.${signature}`,
        `${part({ alg: 'HS256', kid: '../../dev/null' })}.${part(claims)}.${signature}`,
      ]) {
        const answer = await ask('{ __typename }', { authorization: `Bearer ${forged}` });
        expect(answer.status).toBe(401);
      }
    });

    it('by the name of an operation (DVGA: deny-list bypass) gets nothing more', async () => {
      const answer = await post(
        JSON.stringify({
          query: 'query getPastes { callbacks { edges { cursor } } }',
          operationName: 'getPastes',
        }),
      );
      expect(dataOf(answer)).toEqual({ callbacks: { edges: [] } });
    });
  });

  describe('who would inject', () => {
    const POISON = [
      `' or 1=1 --`,
      `"; drop table callbacks; --`,
      '<script>alert(1)</script>',
      '../../etc/passwd',
      '$(id)',
    ];

    it('SQL, paths or commands (DVGA) finds nothing and breaks nothing', async () => {
      for (const poison of POISON) {
        for (const document of [
          'query ($x: ID) { session(sessionId: $x) { id } }',
          'query ($x: ID) { session(externalId: $x) { id } }',
          'query ($x: ID) { sessions(filter: { bankId: $x }) { edges { cursor } } }',
          'query ($x: ID!) { nodes(ids: [$x]) { id } }',
        ]) {
          const answer = await query(gateway.url, document, { x: poison }, await bearer(OPERATOR));
          expect(answer.errors).toBeUndefined();
          expect(JSON.stringify(answer.data)).toMatch(/null|\[\]/);
        }
        const node = 'query ($x: ID!) { node(id: $x) { id } }';
        const refused = await query(gateway.url, node, { x: poison }, await bearer(OPERATOR));
        expect([refused.data, refused.errors?.[0]?.extensions?.code]).toEqual([
          { node: null },
          'BAD_USER_INPUT',
        ]);
      }
      const alive = await query(gateway.url, '{ sessions { edges { cursor } } }', {}, await bearer(OPERATOR));
      expect(at(alive.data, 'sessions', 'edges', 0)).toBeDefined();
    });

    it('markup (DVGA: stored XSS) is only ever data: JSON that no browser takes for a page', async () => {
      const bankId = '<script>alert(1)</script>';
      await gateway.deliver({ ...fields('session-status'), sessionId: 'xss', bankId, bank: null });
      const answer = await query(
        gateway.url,
        '{ session(sessionId: "xss") { bank { bankId } } }',
        {},
        await bearer(OPERATOR),
      );
      expect(at(answer.data, 'session', 'bank', 'bankId')).toBe(bankId);
      expect(answer.headers['content-type']).toContain('json');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    });

    it('prototypes reach nobody', async () => {
      await post('{"query":"{ __typename }","variables":{"__proto__":{"polluted":true}}}');
      await post('{"query":"{ __typename }","__proto__":{"polluted":true}}');
      const raw = Buffer.from(body(fields('session-status'))).toString('utf8');
      await postCallback(gateway.url, raw.replace('{', '{"__proto__":{"polluted":true},'), {
        'x-callback-secret': 'the-aggregators-shared-secret',
      });
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    });

    it('headers by line breaks in ids get nowhere', async () => {
      const answer = await send(`${gateway.url}/api/session/status?sessionId=a%0d%0aset-cookie:%20x=1`, {
        headers: anna,
      });
      expect(answer.status).toBe(404);
      expect(answer.headers['set-cookie']).toBeUndefined();
    });
  });

  describe('graphql-http’s audits', () => {
    const failedFor = async (headers: Readonly<Record<string, string>>) => {
      const audits = serverAudits({
        url: () => `${gateway.url}/graphql`,
        fetchFn: (url: string, init: RequestInit = {}) =>
          fetch(url, {
            ...init,
            headers: { ...Object.fromEntries(new Headers(init.headers)), connection: 'close', ...headers },
          }),
      });
      expect(audits).toHaveLength(61);
      const failed: string[] = [];
      for (const audit of audits) if ((await audit.fn()).status !== 'ok') failed.push(audit.id);
      return failed;
    };

    it('pass, 61 of 61, for an operator', async () => {
      expect(await failedFor(await bearer(OPERATOR))).toEqual([]);
    });

    it('pass for everyone else except those that try variables on `__type`: introspection is off', async () => {
      expect(await failedFor(anna)).toEqual(['2EA1', '28B9', 'D6D5', '6A70']);
    });

    it('all but those that expect a refusal fail without a token: each is answered 401', async () => {
      expect((await failedFor({})).length).toBeGreaterThan(20);
    });
  });
});
