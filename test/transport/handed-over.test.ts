import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, expect, it } from 'vitest';
import { SESSION, someSession } from '../support/clients/live-operations.ts';
import { connectWs } from '../support/clients/subscribe-ws.ts';
import { startGateway } from '../support/gateways/gateway.ts';

let url = '';
beforeAll(async () => {
  ({ url } = await startGateway());
});

/** One socket of an admitted client. */
async function connect() {
  const connection = await connectWs(url);
  connection.send({ type: 'connection_init' });
  expect(await connection.nextMessage()).toMatchObject({ type: 'connection_ack' });
  return connection;
}

const subscribe = (id: string, sessionId: string, extensions = {}) => ({
  ...{ id, type: 'subscribe', payload: { query: SESSION, variables: { sessionId }, extensions } },
});

/** Bytes of the heap that something refers to. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

it('an idle subscription keeps nothing of the message that asked for it', async () => {
  const connection = await connect();
  const [count, length] = [80, 48 * 1024];
  const open = async (id: string) => {
    connection.send(subscribe(id, `s${id}`, { note: 'x'.repeat(length) }));
    expect(await connection.nextMessage()).toMatchObject({ id, type: 'next' });
  };
  for (let n = 0; n < 20; n += 1) await open(`first${n}`);
  const before = liveBytes();
  for (let n = 0; n < count; n += 1) await open(`${n}`);
  expect(liveBytes() - before).toBeLessThan((count * length) / 2);
});

it('a subscription that is completed before it is open is sent nothing, and its id is free at once', async () => {
  const connection = await connect();
  const [left, kept] = [someSession(), someSession()];
  connection.send(subscribe('1', left.sessionId));
  connection.send({ id: '1', type: 'complete' });
  connection.send(subscribe('1', kept.sessionId));
  expect(await connection.nextMessage()).toMatchObject({ id: '1', type: 'next' });
  await left.report(url, 'Accounts', 'Initiated');
  await kept.report(url, 'Accounts', 'Initiated');
  const { type, payload } = await connection.nextMessage();
  expect(type).toBe('next');
  expect(payload).toMatchObject({
    data: { sessionStatusChanged: { session: { sessionId: kept.sessionId } } },
  });
  connection.send({ id: '1', type: 'complete' });
  connection.send({ type: 'ping' });
  expect(await connection.nextMessage()).toEqual({ type: 'pong' });
  await kept.report(url, 'Accounts', 'Finished');
  connection.send({ type: 'ping' });
  expect(await connection.nextMessage()).toEqual({ type: 'pong' });
});
