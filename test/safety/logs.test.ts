import postgres from 'postgres';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/logger.ts';
import { bytes, fields } from '../support/builders/samples.ts';
import { at, postCallback, query, send, textAt } from '../support/clients/client.ts';
import { connectWs } from '../support/clients/subscribe-ws.ts';
import { spawnGateway } from '../support/gateways/gateway.ts';
import { bearer, OPERATOR, type ProductionGateway, startProduction } from '../support/gateways/production.ts';
import { eachStore } from '../support/stores/stores.ts';

const MARK = 'CANARY';
const USER = `user-${MARK}`;
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

interface Line {
  readonly [name: string]: unknown;
}

eachStore('the log', (on) => {
  const lines: Line[] = [];
  const saying = (msg: string) => lines.filter((line) => line.msg === msg);
  let gateway: ProductionGateway;

  beforeAll(async () => {
    gateway = await startProduction(
      on,
      { dataDir: on.folder },
      {
        log: createLogger({ level: 'trace', to: { write: (line: string) => lines.push(JSON.parse(line)) } }),
      },
    );
  });

  it('says at start what runs, with which settings and on which store, and no secret', async () => {
    const started = lines.find((line) => line.settings !== undefined);
    expect(started).toMatchObject({
      level: 'info',
      msg: expect.stringMatching(/^Callboard \d+\.\d+\.\d+ has started$/),
      settings: { mode: 'production', callback: { headerSecrets: '1 set' }, jwt: { secrets: '1 set' } },
      store: { kind: on.kind, identity: expect.stringMatching(/^[0-9a-f]{8}$/), position: 0 },
    });
  });

  it('has one line for each callback, with nothing of its body except its kind', async () => {
    const body = { ...fields('session-status'), sessionId: `session-${MARK}`, userId: USER };
    const secret = { 'x-callback-secret': 'the-aggregators-shared-secret' };
    const sent = bytes(JSON.stringify(body));
    await postCallback(gateway.url, sent, { ...secret, traceparent: TRACEPARENT });
    await postCallback(gateway.url, sent, { ...secret, traceparent: `00-${MARK}` });
    await gateway.deliver({ ...body, stage: MARK });
    const user = { externalId: USER, secondaryIdentifiers: {} };
    await gateway.deliver({ ...fields('payment'), paymentId: `payment-${MARK}`, user });
    const every = {
      level: 'info',
      time: expect.any(String),
      msg: 'callback answered',
      ms: expect.any(Number),
    };
    const status = {
      kind: 'SESSION_STATUS',
      stage: 'TRANSACTIONS',
      status: 'IN_PROGRESS',
      bytes: sent.length,
    };
    expect(saying('callback answered')).toEqual([
      { ...every, outcome: 'recorded', position: 1, ...status, traceparent: TRACEPARENT },
      { ...every, outcome: 'repeated', position: 1, ...status },
      { ...every, outcome: 'quarantined', position: 2, kind: 'SESSION_STATUS', bytes: expect.any(Number) },
      {
        ...{ ...every, outcome: 'recorded', position: 3, kind: 'PAYMENT', status: 'COMPLETED' },
        bytes: expect.any(Number),
      },
    ]);
  });

  it("has each refusal's cause, and cannot be filled by refused clients", async () => {
    const { url } = gateway;
    await send(`${url}/callbacks`);
    await send(`${url}/callbacks`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: MARK });
    await postCallback(url, 'x'.repeat(256 * 1024 + 1), {
      'x-callback-secret': 'the-aggregators-shared-secret',
    });
    for (let n = 0; n < 80; n++)
      await postCallback(url, { userId: USER }, { 'x-callback-secret': `secret-${MARK}` });
    const refused = saying('callback refused');
    for (const [httpStatus, cause, times] of [
      [405, 'not a POST', 1],
      [415, 'not JSON', 1],
      [413, 'larger than', 1],
      [401, 'not authentic', 10],
      [429, 'not authentic', 60],
    ] as const) {
      const lines = refused.filter((line) => line.httpStatus === httpStatus);
      expect(lines, String(httpStatus)).toHaveLength(times);
      expect(lines[0]).toMatchObject({ level: 'info', cause: expect.stringContaining(cause) });
    }
  });

  it('says why a WebSocket was refused, and which page', async () => {
    const connection = await connectWs(gateway.url);
    connection.send({
      type: 'connection_init',
      payload: { authorization: `Bearer ${MARK}.${MARK}.${MARK}` },
    });
    await connection.closed;
    await connectWs(`${gateway.url}/elsewhere`).catch(() => null);
    const foreign = await connectWs(gateway.url, { headers: { origin: 'https://evil.example' } });
    await foreign.closed;
    expect(saying('WebSocket refused')).toMatchObject([
      { code: 4401, cause: 'no token, or a bad one' },
      { code: 404, cause: 'not for /graphql' },
    ]);
    expect(lines.filter((line) => line.origin !== undefined)).toMatchObject([
      { origin: 'https://evil.example', msg: expect.stringContaining('ALLOWED_ORIGINS') },
    ]);
  });

  describe.skipIf(on.kind === 'pglite')('of a store that others can reach', () => {
    const run = async (statement: string) => {
      const sql = postgres(on.databaseUrl ?? '', { max: 1 });
      await sql.unsafe(statement);
      await sql.end();
    };

    it('has the cause of an unexpected error under its id, which the answer does not show', async () => {
      // A row as Callboard never writes it.
      await run(`update sessions set accounts = '[null]'`);
      const operator = await bearer(OPERATOR);
      const asked = await query(
        gateway.url,
        '{ sessions { edges { node { accounts { maskedNumber } } } } }',
        {},
        operator,
      );
      expect(at(asked.errors, 0, 'message')).toBe('Unexpected error.');
      const own = textAt(asked.errors, 0, 'extensions', 'errorId');
      const polled = await send(`${gateway.url}/api/session/status/details?sessionId=session-${MARK}`, {
        headers: operator,
      });
      expect(polled.status).toBe(500);
      const polledId = /^Unexpected error \(id ([0-9a-f]{12})\)\.$/.exec(textAt(polled.json, 'detail'))?.[1];
      for (const errorId of [own, polledId]) {
        expect(lines.filter((line) => line.errorId === errorId)).toMatchObject([
          { level: 'error', err: { stack: expect.stringContaining('TypeError: ') } },
        ]);
      }
      await run(`update sessions set accounts = '[]'`);
    });

    it('reports connections that were lost and made again', async () => {
      await run(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      );
      await vi.waitFor(() => expect(lines.map((line) => line.client)).toContain('writer'));
      expect(lines.find((line) => line.client === 'writer')).toMatchObject({ level: 'warn' });
    });
  });

  it('says when the drain began, what it held, and when it ended', async () => {
    const connection = await connectWs(gateway.url);
    connection.send({ type: 'connection_init', payload: await bearer({ sub: USER }) });
    await connection.nextMessage();
    await gateway.close();
    await connection.closed;
    expect(saying('draining')).toMatchObject([{ callbacks: 0, sockets: 1, streams: 0 }]);
    expect(saying('drained')).toMatchObject([{ ms: expect.any(Number), sockets: 1 }]);
  });

  it('at its finest, of all this, holds nothing that marks a person and no secret', () => {
    expect(lines.length).toBeGreaterThan(80);
    const text = lines.map((line) => JSON.stringify(line));
    for (const secret of [MARK, 'the-aggregators-shared-secret', 'the secret that signs'])
      expect(text.filter((line) => line.includes(secret))).toEqual([]);
  });
});

describe('the log of a process', () => {
  it('is whole when it ends, though lines are gathered', async () => {
    const gateway = await spawnGateway({ DATA_DIR: 'memory' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        postCallback(gateway.url, { ...fields('session-status'), sessionId: `session-${n}` }),
      ),
    );
    const recorded = answers.filter(({ status }) => status === 200);
    expect(recorded.length).toBeGreaterThan(0);
    await gateway.terminate();
    const lines: Line[] = gateway
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter((line) => line.msg === 'callback answered')).toHaveLength(recorded.length);
    expect(lines.at(-1)?.msg).toBe('drained');
  });
});
