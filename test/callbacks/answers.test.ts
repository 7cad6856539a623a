import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { fields, fixture } from '../support/builders/samples.ts';
import { at, postCallback, query, send } from '../support/clients/client.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

eachStore('POST /callbacks', (store) => {
  let gateway: StartedGateway;
  let url: string;
  beforeAll(async () => {
    gateway = await startGateway(store.config());
    url = gateway.url;
  });

  /** A callback of a session of its own is recorded: the gateway is alive and well. */
  async function isWell(): Promise<void> {
    const sessionId = `well-${Math.random()}`;
    const answer = await postCallback(url, { ...fields('session-status'), sessionId });
    expect(answer.json).toMatchObject({ outcome: 'recorded' });
    const found = await query(url, 'query($id: ID!) { session(sessionId: $id) { sessionId } }', {
      id: sessionId,
    });
    expect(found.data).toEqual({ session: { sessionId } });
  }

  /** The newest row of the journal. */
  async function newest(): Promise<unknown> {
    const { data } = await query(
      url,
      '{ callbacks(first: 1) { edges { node { position outcome reason path body deliveries } } } }',
    );
    return at(data, 'callbacks', 'edges', 0, 'node');
  }

  describe('what is recorded', () => {
    it('answers 200 with outcome and position, and repeated with the same position', async () => {
      const first = await postCallback(url, fixture('session-status'));
      expect(first.status).toBe(200);
      expect(first.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(first.json).toEqual({ outcome: 'recorded', position: expect.stringMatching(/^[1-9]\d*$/) });
      const second = await postCallback(url, fixture('session-status'));
      expect(second.json).toEqual({ outcome: 'repeated', position: at(first.json, 'position') });
    });

    it('answers late to what comes after a terminal and changes nothing', async () => {
      const session = { ...fields('session-status'), sessionId: 'late-1', stage: 'Accounts' };
      expect((await postCallback(url, { ...session, status: 'Finished' })).json).toMatchObject({
        outcome: 'recorded',
      });
      expect((await postCallback(url, { ...session, status: 'InProgress' })).json).toMatchObject({
        outcome: 'late',
      });
    });

    it.each([
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
      'Application/JSON',
      'application/json; charset=iso-8859-1',
      'application/vnd.aggregator.v2+json',
    ])('takes the media type %s', async (type) => {
      const body = { ...fields('session-status'), sessionId: `type-${type}` };
      expect((await postCallback(url, body, { 'content-type': type })).json).toMatchObject({
        outcome: 'recorded',
      });
    });
  });

  describe('what cannot be applied', () => {
    const base = fields('session-status');
    const text = JSON.stringify(base);
    const cases: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
      ['an empty body', '', /./],
      ['what is not JSON', '{ "sessionId": „1" }', /./],
      ['what is not UTF-8', Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d), /./],
      ['an unknown stage', JSON.stringify({ ...base, stage: 'Nirvana' }), /^stage/],
      ['an empty object', '{}', /./],
      ['a key that stands twice', text.replace('{', '{"userId":"somebody else",'), /^userId: stands twice/],
      [
        'a key that stands twice within',
        text.replace('{', '{"x":[{"y":{"z":":","\\u007a":1}}],'),
        /^x\.0\.y\.z: /,
      ],
      ['an array', '[]', /./],
      ['a text', '"x"', /./],
      ['null', 'null', /./],
      ['nothing but __proto__', '{"__proto__":{"sessionId":"s","stage":"Accounts"}}', /./],
      ['a NUL character', JSON.stringify({ ...base, sessionExternalId: 'a\0b' }), /./],
      ['a lone surrogate', text.replace('{', '{"note":"\\ud800",'), /./],
      [
        'an id beyond 2^53',
        text.replace(/"sessionId":"[^"]*"/, '"sessionId":9007199254740993'),
        /^sessionId/,
      ],
      ['20,000 nested arrays', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, /./],
      [
        '20,000 nested arrays in a callback',
        text.replace('{', `{"note":${'['.repeat(20_000)}${']'.repeat(20_000)},`),
        /./,
      ],
    ];

    it.each(cases)(
      '%s is answered quarantined, kept byte for byte, and the next is recorded',
      async (_, body, reason) => {
        const answer = await postCallback(url, body);
        expect(answer.status).toBe(200);
        expect(answer.json).toEqual({ outcome: 'quarantined', reason: expect.stringMatching(reason) });
        const row = await newest();
        expect(row).toMatchObject({
          outcome: 'QUARANTINED',
          reason: at(answer.json, 'reason'),
          deliveries: 1,
        });
        if (typeof body === 'string') expect(at(row, 'body')).toBe(body);
        expect((await postCallback(url, body)).json).toEqual(answer.json);
        expect(await newest()).toMatchObject({ position: at(row, 'position'), deliveries: 2 });
        await isWell();
      },
    );
  });

  describe('what is refused by its head', () => {
    it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
      'answers 405 and Allow to %s',
      async (method) => {
        const answer = await send(`${url}/callbacks`, { method });
        expect(answer.status).toBe(405);
        expect(answer.headers.allow).toBe('POST');
        if (method !== 'HEAD') expect(answer.json).toMatchObject({ type: 'about:blank', status: 405 });
      },
    );

    it.each([
      undefined,
      'text/plain',
      'text/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'nonsense',
      'application/jsonx',
    ])('answers 415 to the media type %s', async (type) => {
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
      const answer = await send(`${url}/callbacks`, {
        method: 'POST',
        headers,
        body: fixture('session-status'),
      });
      expect(answer.status).toBe(415);
      expect(answer.headers['content-type']).toMatch('application/problem+json');
    });

    it('judges the method before the media type, and that before the size', async () => {
      const big = new Uint8Array(300 * 1024);
      expect((await send(`${url}/callbacks`, { method: 'PUT', body: big })).status).toBe(405);
      expect((await send(`${url}/callbacks`, { method: 'POST', body: big })).status).toBe(415);
      await isWell();
    });
  });

  describe('size', () => {
    const padded = (bytes: number) => {
      const body = JSON.stringify({ ...fields('session-status'), sessionId: `size-${bytes}`, pad: '' });
      return body.replace('"pad":""', `"pad":"${'x'.repeat(bytes - Buffer.byteLength(body))}"`);
    };

    it('takes 256 KiB to the byte, and answers 413 to one more', async () => {
      expect((await postCallback(url, padded(256 * 1024))).json).toMatchObject({ outcome: 'recorded' });
      expect((await postCallback(url, padded(256 * 1024 + 1))).status).toBe(413);
      await isWell();
    });

    it('answers 413 to 300 KiB, also when its size is not said', async () => {
      expect((await postCallback(url, padded(300 * 1024))).status).toBe(413);
      expect(await postChunked(`${url}/callbacks`, padded(300 * 1024))).toBe(413);
      await isWell();
    });

    it('answers 413 before the body is sent, by its size alone', async () => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      socket.write(
        `POST /callbacks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 300000\r\n\r\n`,
      );
      const [head] = await once(socket, 'data');
      expect(String(head)).toMatch(/^HTTP\/1\.1 413 /);
      socket.destroy();
      await once(socket, 'close');
    });
  });

  it('records nothing of a sender that goes away in the middle of its body', async () => {
    const before = await newest();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.end(
      `POST /callbacks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a"`,
    );
    socket.resume();
    await once(socket, 'close');
    expect(await newest()).toEqual(before);
    await isWell();
  });
});

describe('a gateway that stops', () => {
  it('answers 503 to later clients, or does not answer at all', async () => {
    const gateway = await startGateway();
    await gateway.close();
    await expect(postCallback(gateway.url, fields('session-status'))).rejects.toThrow();
  });
});

describe('callbacks that must be authentic', () => {
  it('answers one constant 401 without a secret, keeps nothing, and admits with it', async () => {
    const gateway = await startGateway({
      callback: {
        signingKeys: [],
        header: 'authorization',
        headerSecrets: ['a-secret-of-the-aggregator-1'],
        pathSecrets: ['a-path-secret-of-the-aggregator'],
      },
    });
    const { url } = gateway;
    const body = fields('session-status');
    const missing = await postCallback(url, body);
    const wrong = await postCallback(url, body, { authorization: 'a-secret-of-the-aggregator-2' });
    const wrongPath = await send(`${url}/callbacks/wrong`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(body),
    });
    for (const answer of [missing, wrong, wrongPath]) {
      expect(answer.status).toBe(401);
      expect(answer.text).toBe(missing.text);
    }
    const { data } = await query(url, '{ callbacks { edges { cursor } } }');
    expect(data).toEqual({ callbacks: { edges: [] } });
    const admitted = await postCallback(url, body, { authorization: 'a-secret-of-the-aggregator-1' });
    expect(admitted.json).toMatchObject({ outcome: 'recorded' });
    const byPath = await send(`${url}/callbacks/a-path-secret-of-the-aggregator`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(body),
    });
    expect(byPath.json).toMatchObject({ outcome: 'repeated' });
  });

  it('answers 429 to an address that keeps failing, and never to an authentic callback', async () => {
    const { url } = await startGateway({
      callback: {
        signingKeys: [],
        header: 'authorization',
        headerSecrets: ['a-secret-of-the-aggregator-1'],
        pathSecrets: [],
      },
    });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => postCallback(url, fields('session-status'))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), 429, 429]);
    const slowed = answers.find(({ status }) => status === 429);
    expect(Number(slowed?.headers['retry-after'])).toBeGreaterThan(0);
    const authentic = await postCallback(url, fields('session-status'), {
      authorization: 'a-secret-of-the-aggregator-1',
    });
    expect(authentic.status).toBe(200);
  });
});

/** Sends a body in chunks, its size unsaid; resolves with the status. */
function postChunked(url: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent: false, headers: JSON_TYPE }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    outgoing.once('error', reject);
    for (let from = 0; from < body.length; from += 16_384) outgoing.write(body.slice(from, from + 16_384));
    outgoing.end();
  });
}
