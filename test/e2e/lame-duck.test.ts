import { expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { at, postCallback, query, send } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import { emptyStore } from '../support/stores/empty-store.ts';

const LAME_DUCK_MS = 1_500;
const CALLBACKS = 5;
const ALL = '{ callbacks { edges { node { id } } } }';

it('after SIGTERM /readyz is 503 and all else is served as usual for LAME_DUCK_MS, and nothing is lost', async () => {
  const store = await emptyStore();
  const start = (lameDuckMs: number) =>
    spawnGateway({ DATA_DIR: store, LAME_DUCK_MS: String(lameDuckMs), DRAIN_MS: '100' });
  const gateway = await start(LAME_DUCK_MS);
  const { url } = gateway;
  expect((await send(`${url}/readyz`)).status).toBe(200);
  const early = await subscribeWs(url, { query: 'subscription { callbackRecorded { cursor } }' });

  const began = performance.now();
  const exited = gateway.terminate();
  await notReady(url);
  const late = await subscribeWs(url, { query: 'subscription { callbackRecorded { cursor } }' });
  for (let sent = 1; sent <= CALLBACKS; sent += 1) {
    const callback = { ...fields('session-status'), sessionId: `session-${sent}` };
    expect((await postCallback(url, callback)).status).toBe(200);
    expect(at((await query(url, ALL)).data, 'callbacks', 'edges')).toHaveLength(sent);
    expect((await send(`${url}/readyz`)).status).toBe(503);
    await early.next();
    await late.next();
  }
  for (const { connection } of [early, late]) expect((await connection.closed).code).toBe(1001);
  expect(await exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeGreaterThan(LAME_DUCK_MS);

  const again = await start(0);
  expect(at((await query(again.url, ALL)).data, 'callbacks', 'edges')).toHaveLength(CALLBACKS);
});

it('a second signal ends the process at once, in the middle of LAME_DUCK_MS', async () => {
  const gateway = await spawnGateway({ DATA_DIR: await emptyStore(), LAME_DUCK_MS: '60000' });
  const exited = gateway.terminate();
  await notReady(gateway.url);
  expect(await gateway.terminate()).toEqual({ code: 1, signal: null });
  await exited;
});

/** The signal has arrived. */
async function notReady(url: SpawnedGateway['url']): Promise<void> {
  await expect.poll(async () => (await send(`${url}/readyz`)).status).toBe(503);
}
