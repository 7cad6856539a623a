import { request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/clients/client.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';

describe('explore mode', () => {
  let gateway: StartedGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });

  it.each(['localhost', 'localhost:4000', 'LOCALHOST', '127.0.0.1', '127.0.0.1:80', '[::1]', '[::1]:4000'])(
    'serves who calls it %s',
    async (host) => {
      expect((await send(`${gateway.url}/healthz`, { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    'example.com',
    'localhost.example.com',
    '127.0.0.1.nip.io',
    'a@localhost:4000',
    '127.0.0.2',
    '[::2]',
    'localhost:4000x',
  ])('answers 421 to the Host "%s", on every path', async (host) => {
    for (const path of ['/healthz', '/graphql', '/api/session/status', '/nothing']) {
      expect((await send(gateway.url + path, { headers: { host } })).status).toBe(421);
    }
    const posted = await send(`${gateway.url}/callbacks`, {
      method: 'POST',
      headers: { host, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(posted.status).toBe(421);
  });

  it('answers 421 to a WebSocket handshake with another Host', async () => {
    expect(await handshake(`${gateway.url}/graphql`, 'example.com')).toBe(421);
  });

  it('answers 404 to a WebSocket handshake elsewhere than on /graphql', async () => {
    expect(await handshake(`${gateway.url}/nothing`, 'localhost')).toBe(404);
  });
});

/** The status that a handshake is refused with. */
function handshake(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent: false,
      headers: {
        host,
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-protocol': 'graphql-transport-ws',
      },
    });
    outgoing.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}
