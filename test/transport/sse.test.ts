import { createClient } from 'graphql-sse';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/clients/client.ts';
import { LOG, SESSION, said, someSession } from '../support/clients/live-operations.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { closeAll } from '../support/closing.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

eachStore('subscriptions as a stream of events', (store) => {
  let url = '';
  beforeAll(async () => {
    ({ url } = await startGateway(store.config()));
  });

  it('are these bytes', async () => {
    const session = someSession();
    const query = `subscription { sessionStatusChanged(sessionId: "${session.sessionId}") { kind } }`;
    const stream = await subscribeSse(url, { query });
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    const first = await stream.nextFrame();
    await session.report(url, 'Authentication', 'Initiated');
    const second = await stream.nextFrame();
    const bytes = (id: string | undefined, kind: string) =>
      `event: next\nid: ${id}\ndata: {"data":{"sessionStatusChanged":{"kind":"${kind}"}},"extensions":{"cursor":"${id}"}}\n\n`;
    expect(first.id).toMatch(/^[\w-]+$/);
    expect(stream.raw()).toBe(`:\n\n${bytes(first.id, 'SNAPSHOT')}${bytes(second.id, 'STATUS')}`);
    await stream.close();
  });

  it('begin with retry on GET, and resume behind Last-Event-ID', async () => {
    const session = someSession();
    const variables = { sessionId: session.sessionId };
    await session.report(url, 'Authentication', 'Initiated');
    const stream = await subscribeSse(url, { method: 'GET', query: SESSION, variables });
    const first = await stream.nextFrame();
    const retry = Number(/^retry: (\d+)\n\n:\n\n/.exec(stream.raw())?.[1]);
    expect(retry).toBeGreaterThanOrEqual(1_000);
    expect(retry).toBeLessThanOrEqual(3_000);
    await stream.close();
    await session.report(url, 'Authentication', 'Finished');
    for (const resumption of [
      { method: 'GET' as const, headers: { 'last-event-id': first.id ?? '' } },
      { headers: { 'last-event-id': first.id ?? '' } },
      { extensions: { after: first.id } },
      { extensions: { after: 'garbage' }, headers: { 'last-event-id': first.id ?? '' } },
    ]) {
      const resumed = await subscribeSse(url, { query: SESSION, variables, ...resumption });
      expect(said(await resumed.next())).toMatchObject({ kind: 'STATUS', session: { version: 2 } });
      await resumed.close();
    }
  });

  it('say by a SNAPSHOT that a cursor cannot be honoured', async () => {
    const stream = await subscribeSse(url, {
      method: 'GET',
      query: SESSION,
      headers: { 'last-event-id': 'garbage' },
    });
    expect(said(await stream.next())).toMatchObject({ kind: 'SNAPSHOT', recovered: false });
    await stream.close();
  });

  it('carry errors as a result, and complete after them', async () => {
    const stream = await subscribeSse(url, { query: 'subscription { nothing }' });
    expect(await stream.next()).toMatchObject({ errors: [{ extensions: { retryable: false } }] });
    expect(await stream.nextFrame()).toMatchObject({ event: 'complete' });
    expect(await stream.ended).toBe(true);
    expect(stream.raw()).not.toContain('id:');
  });

  it('serve graphql-sse, queries and subscriptions alike', async () => {
    const session = someSession();
    const client = createClient({ url: `${url}/graphql`, retryAttempts: 0 });
    const results = client.iterate({ query: SESSION, variables: { sessionId: session.sessionId } });
    expect(said((await results.next()).value)).toMatchObject({ kind: 'SNAPSHOT' });
    await session.report(url, 'Authentication', 'Initiated');
    expect(said((await results.next()).value)).toMatchObject({ kind: 'STATUS', session: { version: 1 } });
    await results.return?.();
    const query = client.iterate({ query: '{ __typename }' });
    expect(await query.next()).toEqual({ done: false, value: { data: { __typename: 'Query' } } });
    expect((await query.next()).done).toBe(true);
    client.dispose();
  });

  it('send the journal', async () => {
    const stream = await subscribeSse(url, { query: LOG });
    expect(said(await stream.next())).toMatchObject({ callback: null });
    const position = await someSession().report(url, 'Authentication', 'Initiated');
    expect(said(await stream.next()).callback).toEqual({ position, outcome: 'RECORDED' });
    await stream.close();
  });
});

describe('event streams at shutdown', () => {
  afterEach(closeAll);

  it('are cut without complete; a GET is then answered by retry and a cut, a POST by 503', async () => {
    const gateway = await startGateway({ drainMs: 500 });
    const streams = await Promise.all(
      Array.from({ length: 4 }, () => subscribeSse(gateway.url, { query: SESSION })),
    );
    for (const stream of streams) await stream.next();
    const closing = gateway.close();
    expect(await streams[0]?.ended).toBe(false);
    const get = await subscribeSse(gateway.url, { method: 'GET', query: SESSION });
    expect(get.status).toBe(200);
    expect(await get.ended).toBe(false);
    expect(get.raw()).toMatch(/^retry: \d{4}\n\n/);
    const post = await send(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: SESSION }),
    });
    expect([post.status, post.headers['retry-after']]).toEqual([503, '5']);
    for (const stream of streams) {
      expect(await stream.ended).toBe(false);
      expect(stream.raw()).not.toContain('complete');
    }
    await closing;
  });
});
