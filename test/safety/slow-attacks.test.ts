import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';
import { body, fields } from '../support/builders/samples.ts';
import { send } from '../support/clients/client.ts';
import { closeLater } from '../support/closing.ts';
import { type ProductionGateway, startProduction, token } from '../support/gateways/production.ts';
import { eachStore } from '../support/stores/stores.ts';

const ATTACKERS = 200;

eachStore('a slow attacker', (on) => {
  let gateway: ProductionGateway;
  beforeAll(async () => {
    gateway = await startProduction(on, {
      limits: { ...DEFAULT_LIMITS, headMs: 1_000, requestMs: 2_000 },
    });
    for (let n = 0; n < 50; n += 1) {
      await gateway.deliver({ ...fields('session-status'), sessionId: `s-${n}`, userId: 'anna' });
    }
  });

  /** Opens a raw connection, says something, and lets it trickle. */
  async function attack(
    first: string,
    trickle: string | null,
  ): Promise<{ socket: Socket; ended: Promise<void> }> {
    const { hostname, port } = new URL(gateway.url);
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

  /** How long a good client waits for its answers, in milliseconds. */
  async function goodClient(): Promise<number> {
    const began = performance.now();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await token()}` };
    const answers = await Promise.all([
      send(`${gateway.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ __typename }"}' }),
      gateway.deliver({ ...fields('session-status'), sessionId: 'good' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    return performance.now() - began;
  }

  const head = (more: string) =>
    `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}`;

  describe.each([
    ['that says nothing', '', null],
    ['that never ends its head', head(''), 'X-A: b\r\n'],
    ['that never ends its body', head('Content-Length: 60000\r\n\r\n'), ' '],
    ['that never ends its chunks', head('Transfer-Encoding: chunked\r\n\r\n'), '1\r\n \r\n'],
    [
      'that never ends its callback',
      'POST /callbacks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n',
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

  it('that asks for much and does not read holds up nobody, and little memory', async () => {
    const query = '{ sessions(first: 50) { edges { node { sessionId userId outcome } } } }';
    const asked = Buffer.from(body({ query })).toString();
    const request = `${head('')}Authorization: Bearer ${await token()}\r\nContent-Length: ${asked.length}\r\n\r\n${asked}`;
    const before = process.memoryUsage().rss;
    // Each asks twice on one connection, and reads nothing.
    const attackers = await Promise.all(Array.from({ length: 20 }, () => attack(request.repeat(2), null)));
    for (const { socket } of attackers) socket.pause();
    expect(await goodClient()).toBeLessThan(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    for (const { socket, ended } of attackers) {
      socket.destroy();
      await ended;
    }
    expect(await goodClient()).toBeLessThan(1_000);
  });
});
