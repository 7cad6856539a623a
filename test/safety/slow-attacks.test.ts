import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { body, fields } from '../support/builders/samples.ts';
import { postCallback, send } from '../support/clients/client.ts';
import { deliverAll } from '../support/clients/flood.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import { type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import {
  ACCOUNTANT,
  bearer,
  CALLBACK_SECRET,
  productionEnv,
  startProduction,
  token,
} from '../support/gateways/production.ts';
import { mostResidentMiB, residentMiB } from '../support/gateways/resident.ts';
import { longOr } from '../support/long.ts';
import { eachStore } from '../support/stores/stores.ts';

const ATTACKERS = 200;
const SECRET = { 'x-callback-secret': CALLBACK_SECRET };

/** Subscriptions over each transport whose clients read nothing. */
const READERS_OF_EACH = longOr(100, 60);
/**
 * What each of them is owed: 10 MB. Of that the kernels take about 4 MB, and the gateway would hold the rest if it
 * did not stop at the high-water mark: more than 8 MiB for a socket and a stream. It holds a message or two of each.
 */
const CHANGES = 40;
const CHANGE_BYTES = 250_000;
const MAX_GROWTH_MIB = 3 * READERS_OF_EACH;

eachStore('a slow attacker', (on) => {
  let gateway: SpawnedGateway;
  beforeAll(async () => {
    // In a process of its own, so that the attackers cost it nothing but what they ask for.
    gateway = await spawnGateway(
      on.env({
        // Production is not for PGlite.
        ...(on.kind === 'postgres' ? productionEnv : {}),
        ...{ LIMIT_HEAD_MS: '1000', LIMIT_REQUEST_MS: '2000' },
      }),
    );
    for (let n = 0; n < 50; n += 1) {
      await deliver({ ...fields('session-status'), sessionId: `s-${n}`, userId: 'anna' });
    }
  });

  async function deliver(callback: object): Promise<number> {
    return (await postCallback(gateway.url, callback, SECRET)).status;
  }

  /** Opens a raw connection, says something, and lets it trickle. */
  async function attack(
    first: string,
    trickle: string | null,
    url = gateway.url,
  ): Promise<{ socket: Socket; ended: Promise<void> }> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    if (first !== '') socket.write(first);
    const timer = setInterval(() => {
      if (trickle !== null && socket.writable) socket.write(trickle);
    }, 100);
    const ended = new Promise<void>((resolve) => {
      socket.once('close', () => {
        clearInterval(timer);
        resolve();
      });
    });
    closeLater(async () => {
      socket.destroy();
      await ended;
    });
    return { socket, ended };
  }

  /** How long a good client, another viewer than the attackers, waits for its answers, in milliseconds. */
  async function goodClient(url = gateway.url): Promise<number> {
    const began = performance.now();
    const headers = { 'content-type': 'application/json', ...(await bearer({ sub: 'boris' })) };
    const answers = await Promise.all([
      send(`${url}/graphql`, { method: 'POST', headers, body: '{"query":"{ __typename }"}' }),
      postCallback(url, { ...fields('session-status'), sessionId: 'good' }, SECRET),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    return performance.now() - began;
  }

  const head = (more: string) =>
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${more}`;

  describe.each([
    ['that says nothing', '', null],
    ['that never ends its head', head(''), 'X-A: b\r\n'],
    ['that never ends its body', head('Content-Length: 60000\r\n\r\n'), ' '],
    ['that never ends its chunks', head('Transfer-Encoding: chunked\r\n\r\n'), '1\r\n \r\n'],
    [
      'that never ends its callback',
      'POST /callbacks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n',
      ' ',
    ],
  ])('%s', (_, first, trickle) => {
    it('holds up nobody, and is cut', async () => {
      const attackers = await Promise.all(Array.from({ length: ATTACKERS }, () => attack(first, trickle)));
      for (const { socket } of attackers) socket.resume();
      expect(await goodClient()).toBeLessThan(1_000);
      await Promise.all(attackers.map(({ ended }) => ended));
    });
  });

  it('that pipelines queries and does not read holds up nobody', async () => {
    // In this process, because it has to be production on each store: explore mode has one viewer and so one line.
    const { url, deliver: record } = await startProduction(on, { dataDir: 'memory' });
    for (let n = 0; n < 50; n += 1) {
      await record({ ...fields('session-status'), sessionId: `s-${n}`, userId: 'anna' });
    }
    const query = '{ sessions(first: 50) { edges { node { sessionId userId outcome } } } }';
    const text = Buffer.from(body({ query })).toString();
    const request = `${head('')}Authorization: Bearer ${await token()}\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    const attackers = await Promise.all(
      Array.from({ length: 20 }, () => attack(request.repeat(2), null, url)),
    );
    for (const { socket } of attackers) socket.pause();
    expect(await goodClient(url)).toBeLessThan(1_000);
    for (const { socket, ended } of attackers) {
      socket.destroy();
      await ended;
    }
    expect(await goodClient(url)).toBeLessThan(1_000);
  });

  it.skipIf(process.platform !== 'linux')(
    'that subscribes to everything and reads nothing costs little memory, and holds up nobody',
    async () => {
      const operation = { query: 'subscription { callbackRecorded { cursor callback { body } } }' };
      const readers = await Promise.all(
        Array.from({ length: READERS_OF_EACH }, async (_, n) => {
          // A viewer has at most ten sockets and ten streams.
          const headers = await bearer({ ...ACCOUNTANT, sub: `accountant-${n >> 3}` });
          return Promise.all([
            subscribeWs(gateway.url, { ...operation, headers }),
            subscribeSse(gateway.url, { ...operation, headers }),
          ]);
        }),
      );
      for (const reader of readers.flat()) {
        await reader.next();
        reader.pause();
      }
      const callbacks = Array.from({ length: CHANGES }, (_, n) =>
        JSON.stringify({
          ...fields('session-status'),
          sessionId: `fat-${n}`,
          filler: 'x'.repeat(CHANGE_BYTES),
        }),
      );
      const before = residentMiB(gateway.pid);
      const most = await mostResidentMiB(gateway.pid, async () => {
        const answers = await deliverAll(gateway.url, callbacks, { connections: 1, headers: SECRET });
        expect(answers.map(({ status }) => status)).toEqual(callbacks.map(() => 200));
        expect(await goodClient()).toBeLessThan(1_000);
      });
      console.info(
        `unread subscriptions (${on.kind}): RSS ${Math.round(before)} + ${Math.round(most - before)} MiB`,
      );
      expect(most - before).toBeLessThan(MAX_GROWTH_MIB);
      for (const reader of readers.flat()) reader.resume();
    },
    60_000,
  );
});
