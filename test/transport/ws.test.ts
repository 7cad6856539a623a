import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { open, send } from '../support/clients/client.ts';
import { LOG, SESSION, said, someSession } from '../support/clients/live-operations.ts';
import { connectWs, subscribeWs, type WsConnection } from '../support/clients/subscribe-ws.ts';
import { closeAll } from '../support/closing.ts';
import { type StartedGateway, startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

/** Opens a socket and says hello. */
async function connect(url: string): Promise<WsConnection> {
  const connection = await connectWs(url);
  connection.send({ type: 'connection_init' });
  expect(await connection.nextMessage()).toEqual({ type: 'connection_ack', payload: { expiresAt: null } });
  return connection;
}

const subscribe = (id: string, query: string, variables = {}, extensions = {}) => ({
  id,
  type: 'subscribe',
  payload: { query, variables, extensions },
});

eachStore('graphql-transport-ws', (store) => {
  let url = '';
  beforeAll(async () => {
    ({ url } = await startGateway(store.config()));
  });

  it('opens with a SNAPSHOT and sends each change with rising cursors and versions', async () => {
    const session = someSession();
    const { next, close } = await subscribeWs(url, {
      query: SESSION,
      variables: { sessionId: session.sessionId },
    });
    expect(said(await next())).toMatchObject({
      kind: 'SNAPSHOT',
      recovered: true,
      session: null,
      stage: null,
    });
    await session.report(url, 'Authentication', 'Initiated');
    const first = await next();
    expect(said(first)).toMatchObject({ kind: 'STATUS', matches: true, session: { version: 1 } });
    expect(first.extensions).toEqual({ cursor: said(first).cursor });
    await session.report(url, 'Authentication', 'Finished');
    expect(said(await next())).toMatchObject({
      session: { version: 2, stage: { name: 'AUTHENTICATION', status: 'FINISHED' } },
      stage: { name: 'AUTHENTICATION', status: 'FINISHED' },
    });
    await close();
  });

  it('carries the state now in the SNAPSHOT of a session that is there', async () => {
    const session = someSession();
    await session.report(url, 'Accounts', 'InProgress');
    for (const variables of [{ sessionId: session.sessionId }, { externalId: session.sessionExternalId }]) {
      const { next, close } = await subscribeWs(url, { query: SESSION, variables });
      expect(said(await next())).toMatchObject({
        kind: 'SNAPSHOT',
        matches: true,
        session: { sessionId: session.sessionId, version: 1 },
        stage: { name: 'ACCOUNTS', status: 'IN_PROGRESS' },
      });
      await close();
    }
  });

  it('resumes by the argument and by extensions.after, the furthest counting', async () => {
    const [session, other] = [someSession(), someSession()];
    await session.report(url, 'Authentication', 'Initiated');
    const opened = await subscribeWs(url, { query: SESSION });
    const { cursor } = said(await opened.next());
    await opened.close();
    await session.report(url, 'Authentication', 'Finished');
    await other.report(url, 'Authentication', 'Initiated');
    await session.report(url, 'Accounts', 'Initiated');
    for (const operation of [
      { variables: { after: cursor } },
      { extensions: { after: cursor } },
      { variables: { after: 'garbage' }, extensions: { after: cursor } },
    ]) {
      const resumed = await subscribeWs(url, { query: SESSION, ...operation });
      const changes = [said(await resumed.next()), said(await resumed.next())];
      expect(changes.map(({ kind, session: { sessionId } }) => [kind, sessionId])).toEqual([
        ['STATUS', other.sessionId],
        ['STATUS', session.sessionId],
      ]);
      const furthest = changes[0].cursor;
      await resumed.close();
      const further = await subscribeWs(url, {
        query: SESSION,
        variables: { after: furthest },
        extensions: { after: cursor },
      });
      expect(said(await further.next()).session.sessionId).toBe(session.sessionId);
      await further.close();
    }
  });

  it.each(['garbage', Buffer.from('ffffffff.1').toString('base64url')])(
    'answers a cursor that cannot be honoured (%s) with a SNAPSHOT that says so',
    async (after) => {
      for (const operation of [{ variables: { after } }, { extensions: { after } }]) {
        const { next, close } = await subscribeWs(url, { query: SESSION, ...operation });
        expect(said(await next())).toMatchObject({ kind: 'SNAPSHOT', recovered: false });
        await close();
      }
    },
  );

  it('sends each of two filters what meets it or has left it', async () => {
    const session = someSession();
    const [initiated, finished] = await Promise.all(
      ['INITIATED', 'FINISHED'].map((status) =>
        subscribeWs(url, {
          query: SESSION,
          variables: { filter: { externalId: session.sessionExternalId, status: [status] } },
        }),
      ),
    );
    if (initiated === undefined || finished === undefined) throw new Error('two subscriptions were opened');
    await Promise.all([initiated.next(), finished.next()]);
    await session.report(url, 'Authentication', 'Initiated');
    await session.report(url, 'Authentication', 'Finished');
    expect(said(await initiated.next())).toMatchObject({ matches: true, session: { version: 1 } });
    expect(said(await initiated.next())).toMatchObject({ matches: false, session: { version: 2 } });
    expect(said(await finished.next())).toMatchObject({ matches: true, session: { version: 2 } });
    await Promise.all([initiated.close(), finished.close()]);
  });

  it('follows a newer session with the same external id when it appears', async () => {
    const externalId = randomUUID();
    const [old, young] = [someSession(externalId), someSession(externalId)];
    await old.report(url, 'Authentication', 'Initiated');
    const { next, close } = await subscribeWs(url, { query: SESSION, variables: { externalId } });
    expect(said(await next()).session.sessionId).toBe(old.sessionId);
    await young.report(url, 'Authentication', 'Initiated');
    expect(said(await next()).session.sessionId).toBe(young.sessionId);
    await close();
  });

  it('sends the journal row by row, quarantined ones too, and resumes it', async () => {
    const session = someSession();
    const log = await subscribeWs(url, { query: LOG });
    const opening = said(await log.next());
    expect(opening).toMatchObject({ recovered: true, callback: null });
    const positions = [
      await session.report(url, 'Authentication', 'Initiated'),
      await session.report(url, 'Nowhere', 'Initiated'),
      await session.report(url, 'Authentication', 'Finished'),
    ];
    const messages = [said(await log.next()), said(await log.next()), said(await log.next())];
    expect(messages.map(({ callback }) => [callback.position, callback.outcome])).toEqual([
      [positions[0], 'RECORDED'],
      [String(Number(positions[0]) + 1), 'QUARANTINED'],
      [positions[2], 'RECORDED'],
    ]);
    await log.close();
    const resumed = await subscribeWs(url, { query: LOG, extensions: { after: opening.cursor } });
    const again = [said(await resumed.next()), said(await resumed.next()), said(await resumed.next())];
    expect(again).toEqual(messages);
    await resumed.close();
  });

  it('lets no bad operation end the others of its socket', async () => {
    const session = someSession();
    const connection = await connect(url);
    connection.send(subscribe('good', SESSION, { sessionId: session.sessionId }));
    expect((await connection.nextMessage()).type).toBe('next');
    const bad: Record<string, string> = {
      syntax: 'subscription {',
      unknown: 'subscription { nothing }',
      both: 'subscription { sessionStatusChanged(sessionId: "1", externalId: "2") { cursor } }',
      query: '{ nothing }',
    };
    for (const [id, query] of Object.entries(bad)) {
      connection.send(subscribe(id, query));
      expect(await connection.nextMessage()).toMatchObject({
        id,
        type: 'error',
        payload: [{ extensions: { code: expect.any(String), retryable: false } }],
      });
    }
    await session.report(url, 'Authentication', 'Initiated');
    expect(await connection.nextMessage()).toMatchObject({ id: 'good', type: 'next' });
    // The id is free again.
    connection.send(subscribe('syntax', '{ viewer: __typename }'));
    expect(await connection.nextMessage()).toEqual({
      id: 'syntax',
      type: 'next',
      payload: { data: { viewer: 'Query' } },
    });
    expect(await connection.nextMessage()).toEqual({ id: 'syntax', type: 'complete' });
    await connection.close();
  });

  it('says nothing more of an operation that its client completed', async () => {
    const session = someSession();
    const connection = await connect(url);
    for (const id of ['1', '2']) connection.send(subscribe(id, SESSION, { sessionId: session.sessionId }));
    await connection.nextMessage();
    await connection.nextMessage();
    connection.send({ type: 'complete', id: '1' });
    connection.send({ type: 'ping' });
    expect(await connection.nextMessage()).toEqual({ type: 'pong' });
    await session.report(url, 'Authentication', 'Initiated');
    expect(await connection.nextMessage()).toMatchObject({ id: '2', type: 'next' });
    connection.send(subscribe('1', SESSION, { sessionId: session.sessionId }));
    expect(await connection.nextMessage()).toMatchObject({ id: '1', type: 'next' });
    await connection.close();
  });
});

eachStore('the end of a WebSocket', (store) => {
  afterEach(closeAll);
  let gateway: StartedGateway;
  const start = async () => {
    gateway = await startGateway(store.config({ drainMs: 200 }));
    return gateway.url;
  };

  it.each([
    ['4400 for what is no message', 4400, ['nonsense']],
    ['4401 for an operation before connection_init', 4401, [subscribe('1', '{ __typename }')]],
    ['4429 for a second connection_init', 4429, [{ type: 'connection_init' }, { type: 'connection_init' }]],
    [
      '4409 for an id that is taken',
      4409,
      [{ type: 'connection_init' }, subscribe('1', SESSION), subscribe('1', SESSION)],
    ],
    ['1009 for a message above 64 KiB', 1009, ['x'.repeat(65_537)]],
  ])('is %s', async (_, code, messages) => {
    const connection = await connectWs(await start());
    for (const message of messages) {
      if (typeof message === 'string') connection.socket.send(message);
      else {
        connection.send(message);
        if (message.type === 'connection_init' && code === 4409) await connection.nextMessage();
      }
    }
    expect((await connection.closed).code).toBe(code);
  });

  it('is 4406 for another subprotocol', async () => {
    const socket = new WebSocket(`${(await start()).replace('http', 'ws')}/graphql`);
    const [code] = await once(socket, 'close');
    expect(code).toBe(4406);
  });

  it('is 4408 without connection_init in 3 s', async () => {
    const connection = await connectWs(await start());
    expect((await connection.closed).code).toBe(4408);
  });

  it('is 1001 at shutdown, without complete', async () => {
    const subscribed = await subscribeWs(await start(), { query: SESSION });
    await subscribed.next();
    const closing = gateway.close();
    expect((await subscribed.connection.closed).code).toBe(1001);
    expect(subscribed.pending()).toBe(0);
    await closing;
  });

  it('comes within the drain also for a peer that never answers', async () => {
    const subscribed = await subscribeWs(await start(), { query: SESSION });
    await subscribed.next();
    subscribed.connection.socket.pause();
    await gateway.close();
    subscribed.connection.socket.resume();
    await subscribed.connection.closed;
  });

  it('is a 503 with Retry-After for who comes while it drains', async () => {
    const address = await start();
    const subscribed = await subscribeWs(address, { query: SESSION });
    subscribed.connection.socket.pause();
    const before = await open(`${address}/healthz`);
    before.resume();
    const closing = gateway.close();
    const answer = await send(`${address}/graphql`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      },
    });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    subscribed.connection.socket.resume();
    await closing;
  });
});
