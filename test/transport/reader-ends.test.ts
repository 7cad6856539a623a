import { expect, it } from 'vitest';
import { createObserver, type Events } from '../../src/observe.ts';
import { postCallback } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { startGateway } from '../support/gateways/gateway.ts';

const QUERY = { query: 'subscription { sessionStatusChanged { cursor } }' };
const CALLBACK = {
  ...{ sessionId: 's1', userId: 'anna', bankId: 'bank-75', stage: 'Accounts', status: 'InProgress' },
};

it('what becomes of each subscription is emitted with its transport: changes sent, and why it ended', async () => {
  const observer = createObserver({ error: (err: unknown) => expect(err).toBeUndefined() });
  const sent: Events['changeDelivered'][] = [];
  const ends: Events['readerEnded'][] = [];
  let arrived = () => {};
  observer.on('changeDelivered', (event) => sent.push(event));
  observer.on('readerEnded', (event) => {
    ends.push(event);
    arrived();
  });
  /** Resolves with the next end after `work` was begun. */
  const endAfter = async (work: () => unknown) => {
    const next = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    await work();
    await next;
    return ends.map(({ transport, reason }) => `${transport} ${reason}`).at(-1);
  };
  const gateway = await startGateway({ drainMs: 0 }, { observer });
  const [completing, leaving, staying] = [
    await subscribeWs(gateway.url, QUERY),
    await subscribeWs(gateway.url, QUERY),
    await subscribeWs(gateway.url, QUERY),
  ];
  const stream = await subscribeSse(gateway.url, QUERY);
  const all = [completing, leaving, staying, stream];
  for (const one of all) await one.next();
  await postCallback(gateway.url, CALLBACK);
  for (const one of all) await one.next();
  expect(
    sent.map(({ transport, ms }) => `${transport} ${ms === null ? 'snapshot' : 'change'}`).sort(),
  ).toEqual(['sse change', 'sse snapshot', ...Array(3).fill('ws change'), ...Array(3).fill('ws snapshot')]);
  for (const { ms } of sent) if (ms !== null) expect(Math.abs(ms)).toBeLessThan(5_000);
  expect(await endAfter(() => completing.connection.send({ id: '1', type: 'complete' }))).toBe(
    'ws completed',
  );
  expect(await endAfter(() => leaving.connection.socket.terminate())).toBe('ws disconnected');
  expect(await endAfter(() => stream.close())).toBe('sse disconnected');
  expect(await endAfter(() => gateway.close())).toBe('ws draining');
  expect(ends).toHaveLength(4);
});
