import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { fields } from '../support/builders/samples.ts';
import { send } from '../support/clients/client.ts';
import { headOf, rawRequest } from '../support/clients/raw-request.ts';
import {
  built,
  type SpawnedGateway,
  type StartedGateway,
  spawnGateway,
  startGateway,
} from '../support/gateways/gateway.ts';
import { residentMiB } from '../support/gateways/resident.ts';
import { LONG } from '../support/long.ts';
import { eachStore } from '../support/stores/stores.ts';

const SIGNING_KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const HEADER_SECRET = 'a-secret-of-the-aggregator';
const pathSecret = (length: number) => 'Path_secret-'.repeat(11).slice(0, length);
const JSON_TYPE = { 'content-type': 'application/json' };

const seconds = () => String(Math.floor(Date.now() / 1000));
const signatureLines = (timestamp = seconds(), signature = 'v1,AAAA') =>
  `webhook-id: m-1\r\nwebhook-timestamp: ${timestamp}\r\nwebhook-signature: ${signature}\r\n`;

/** A callback that the aggregator has signed. */
function signed(body: string): Readonly<Record<string, string>> {
  const id = `m-${Math.random().toString(36).slice(2)}`;
  const timestamp = seconds();
  const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    ...JSON_TYPE,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
  };
}

describe('a secret in the path', () => {
  it('of 101 to 128 characters admits, and a longer one is refused like any', async () => {
    const lengths = [101, 128];
    const callback = { signingKeys: [], header: 'authorization', headerSecrets: [] };
    const { url } = await startGateway({ callback: { ...callback, pathSecrets: lengths.map(pathSecret) } });
    const post = (secret: string) =>
      send(`${url}/callbacks/${secret}`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify(fields('session-status')),
      });
    for (const length of lengths) expect((await post(pathSecret(length))).status).toBe(200);
    for (const length of [100, 129, 2_000]) expect((await post('x'.repeat(length))).status).toBe(401);
  });
});

describe('a callback whose head cannot be authentic', () => {
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      callback: {
        signingKeys: readConfig({ CALLBACK_SIGNING_KEYS: SIGNING_KEY }).callback.signingKeys,
        header: 'authorization',
        headerSecrets: [HEADER_SECRET],
        pathSecrets: [pathSecret(128)],
      },
    });
  });
  const statusOf = async (path: string, length: number, more = '') =>
    (await rawRequest(gateway.url, headOf(path, length, more))).status;

  it('is answered before its body comes: 413, then 401, and 429 to an address that keeps failing', async () => {
    expect(await statusOf('/callbacks', 256 * 1024 + 1)).toBe(413);
    expect(await statusOf('/callbacks', 1_000)).toBe(401);
    expect(await statusOf('/callbacks', 1_000, 'authorization: wrong\r\n')).toBe(401);
    expect(await statusOf('/callbacks/wrong', 1_000)).toBe(401);
    expect(await statusOf('/callbacks', 1_000, signatureLines('1600000000'))).toBe(401);
    for (let n = 4; n < 10; n += 1) expect(await statusOf('/callbacks', 1_000)).toBe(401);
    expect(await statusOf('/callbacks', 1_000)).toBe(429);
  });

  it('holds its connection for a few seconds at most', async () => {
    const { status, closed } = await rawRequest(gateway.url, headOf('/callbacks', 1_000));
    expect([401, 429]).toContain(await status);
    await closed;
  });

  it('is read where its head may be authentic: by a secret, or by a signature', async () => {
    const body = JSON.stringify(fields('session-status'));
    const secret = `authorization: ${HEADER_SECRET}\r\n`;
    for (const [head, expected] of [
      [headOf('/callbacks', body.length, secret), 200],
      [headOf(`/callbacks/${pathSecret(128)}`, body.length), 200],
      [headOf('/callbacks', body.length, signatureLines() + secret), 200],
    ] as const) {
      const { socket, status } = await rawRequest(gateway.url, head);
      socket.write(body);
      expect(await status).toBe(expected);
      socket.destroy();
    }
    const answer = await send(`${gateway.url}/callbacks`, { method: 'POST', headers: signed(body), body });
    expect(answer.status).toBe(200);
  });
});

const ATTACKERS = 2_000;
const PART = 'x'.repeat(48 * 1024);

// What is tested stands above the store: the shorter form takes the one whose process is smaller.
// Without a secret nothing of a body is read. Else 8 MiB of bodies are kept, and what was read of the others is garbage:
// to a gateway that keeps all of them they cost 180 MB and more.
const CASES = [
  ['of callbacks without a secret', headOf('/callbacks', 200_000)],
  ['of callbacks that look signed', headOf('/callbacks', 200_000, signatureLines())],
  ['of GraphQL', headOf('/graphql', 60_000)],
] as const;

// When V8 collects what was read and let go differs by its version, by more than all that is kept here.
const COLLECT = 'setInterval(() => globalThis.gc(), 50).unref()';
const GARBAGE_IS_COLLECTED_AT_ONCE = ['--expose-gc', '--import', `data:text/javascript,${COLLECT}`];

eachStore('2,000 connections that never end their bodies', (on) => {
  const skipped = process.platform !== 'linux' || (!LONG && on.kind === 'pglite');
  let gateway: SpawnedGateway;
  beforeAll(async () => {
    if (skipped) return;
    const env = on.env({ CALLBACK_SIGNING_KEYS: SIGNING_KEY });
    gateway = await spawnGateway(env, 20_000, built('main'), GARBAGE_IS_COLLECTED_AT_ONCE);
    // A process that has worked, on callbacks as large as the attackers' parts: what it has read stays its memory after
    // it is garbage, with or without attackers.
    for (let n = 0; n < 2_000; n += 200)
      await Promise.all(Array.from({ length: 200 }, (_, k) => deliver(n + k, PART)));
  });

  async function deliver(n: number, filler = ''): Promise<number> {
    const body = JSON.stringify({ ...fields('session-status'), sessionId: `intake-${n}`, filler });
    const answer = await send(`${gateway.url}/callbacks`, { method: 'POST', headers: signed(body), body });
    return answer.status;
  }

  it.skipIf(skipped).each(LONG ? CASES : CASES.slice(0, 2))(
    '%s cost less than 50 MB, and the aggregator is served meanwhile',
    async (_, head) => {
      const before = residentMiB(gateway.pid);
      let most = before;
      const sampler = setInterval(() => {
        most = Math.max(most, residentMiB(gateway.pid));
      }, 50);
      const attackers = await Promise.all(
        Array.from({ length: ATTACKERS }, () => rawRequest(gateway.url, head)),
      );
      for (const { socket } of attackers) if (socket.writable) socket.write(PART);
      const statuses: number[] = [];
      for (let n = 0; n < 10; n += 1) {
        for (const { socket } of attackers) if (socket.writable) socket.write('xxxxxxxx');
        statuses.push(await deliver(10_000 + n));
        await pause(20);
      }
      clearInterval(sampler);
      console.info(
        `unfinished bodies (${on.kind}): RSS ${Math.round(before)} + ${Math.round(most - before)} MiB`,
      );
      expect(statuses).toEqual(Array(10).fill(200));
      expect(most - before).toBeLessThan(50);
      for (const { socket } of attackers) socket.destroy();
      await Promise.all(attackers.map(({ closed }) => closed));
    },
  );
});
