import { once } from 'node:events';
import { connect } from 'node:net';
import { sql } from 'drizzle-orm';
import { GraphQLID, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import type { Db, Store } from '../../src/db/store.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import { createLogger } from '../../src/logger.ts';
import { createObserver } from '../../src/observe.ts';
import { createEngine } from '../../src/transport/engine/create-engine.ts';
import type { Engine } from '../../src/transport/engine/engine.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';
import { fields } from '../support/builders/samples.ts';
import { at, postCallback, query } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { connectWs, subscribeWs } from '../support/clients/subscribe-ws.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

/** The steps of recording a batch, in order. */
const STEPS = ['batchBegan', 'journalWritten', 'batchWritten', 'batchCommitted', 'batchAnswered'] as const;

type Failing = <T>(store: Store, work: (tx: Db) => Promise<T>) => Promise<T>;
const diskFull = () => new Error('the disk is full');

/** Ways in which one batch fails, by when, and how often its callback then was delivered as the journal knows it. */
const FAILURES: readonly (readonly [string, number, Failing])[] = [
  ['before a batch begins', 1, () => Promise.reject(diskFull())],
  [
    'after the rows of the journal, before those of the states',
    1,
    (store, work) =>
      store.write(async (tx) => {
        // Rolled back with the batch. Class 53 is the store's fault and not the data's.
        await tx.execute(sql`create function pg_temp.disk_full() returns trigger language plpgsql as
          $$ begin raise exception 'the disk is full' using errcode = '53100'; end $$`);
        await tx.execute(sql`create trigger disk_full before insert or update on sessions
          for each row execute function pg_temp.disk_full()`);
        return work(tx);
      }),
  ],
  [
    'before COMMIT',
    1,
    (store, work) =>
      store.write(async (tx) => {
        await work(tx);
        throw diskFull();
      }),
  ],
  [
    'after COMMIT, before it says so',
    2,
    async (store, work) => {
      await store.write(work);
      throw diskFull();
    },
  ],
];

// A rejection or a throw that nobody handles fails the whole file: vitest reports it.

const SECRET = 'a secret of the inside';
/** Everything that can be thrown, by whom it may. */
const THROWN: readonly (readonly [string, () => unknown])[] = [
  ['an error', () => new Error(SECRET)],
  ['a text', () => SECRET],
  ['null', () => null],
  ['undefined', () => undefined],
  ['an object', () => ({ message: SECRET })],
  [
    'an error that is its own cause',
    () => {
      const error = new Error(SECRET);
      error.cause = error;
      return error;
    },
  ],
  [
    'an error whose code throws',
    () =>
      Object.defineProperty(new Error(SECRET), 'code', {
        get() {
          throw new Error(SECRET);
        },
      }),
  ],
];

describe('a resolver that throws', () => {
  const engineOf = (thrown: () => unknown) => {
    const fail = () => {
      throw thrown();
    };
    const field = (resolve: () => unknown) => ({ type: GraphQLString, resolve });
    const Change = new GraphQLObjectType({
      name: 'Change',
      fields: { cursor: { type: new GraphQLNonNull(GraphQLID), resolve: fail } },
    });
    const source = {
      topic: 'sessions',
      share: '',
      open: () => Promise.reject(thrown()),
      learn() {},
      toMessage: fail,
      subject: fail,
      [Symbol.asyncIterator]: fail,
    };
    return createEngine({
      schema: new GraphQLSchema({
        query: new GraphQLObjectType({
          name: 'Query',
          fields: {
            good: field(() => 'good'),
            sync: field(fail),
            async: field(() => Promise.reject(thrown())),
            never: field(() => new Promise(() => undefined)),
          },
        }),
        subscription: new GraphQLObjectType({
          name: 'Subscription',
          fields: {
            fails: { type: Change, subscribe: fail },
            rejects: { type: Change, subscribe: () => Promise.reject(thrown()) },
            opens: { type: Change, subscribe: () => source, resolve: (message) => message },
          },
        }),
      }),
      contextOf: (viewer, cursors) => ({ viewer, cursors }),
      introspection: 'off',
      limits: { ...DEFAULT_LIMITS, executionMs: 50 },
      log: createLogger({ level: 'silent' }),
    });
  };
  const parsed = (engine: Engine, query: string) => {
    const operation = engine.parse({ query }, { viewer: EXPLORER, cursors: [] });
    if ('errors' in operation) throw new Error('it is parsed');
    return operation;
  };
  const executed = (engine: Engine, query: string) => parsed(engine, query).execute();
  const subscribed = (engine: Engine, query: string) => parsed(engine, query).subscribe();
  const masked = {
    message: 'Unexpected error.',
    extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false },
  };

  it.each(THROWN)('%s is answered by a masked error beside what is good', async (_, thrown) => {
    const result = await executed(engineOf(thrown), '{ good sync async }');
    expect(result.data).toEqual({ good: 'good', sync: null, async: null });
    expect(result.errors).toMatchObject([masked, masked]);
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  it.each(THROWN)('%s ends a subscription by a masked error', async (_, thrown) => {
    const engine = engineOf(thrown);
    for (const field of ['fails', 'rejects']) {
      const refused = await subscribed(engine, `subscription { ${field} { cursor } }`);
      expect(refused).toMatchObject({ errors: [masked] });
    }
    const live = await subscribed(engine, 'subscription { opens { cursor } }');
    if ('errors' in live) throw new Error('it opens');
    const answer = await live.run({ cursor: 'c' });
    expect(answer).toMatchObject([masked]);
    expect(JSON.stringify([answer, engine.errorOf(thrown())])).not.toContain(SECRET);
  });

  it('and one that never answers is answered TIMEOUT', async () => {
    const { errors, data } = await executed(
      engineOf(() => null),
      '{ good never }',
    );
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT', retryable: true } }]);
  });
});

eachStore('a gateway goes on', (on) => {
  const SESSION = 'subscription { sessionStatusChanged { cursor session { sessionId } } }';
  const alive = async (url: string, sessionId: string) => {
    expect((await postCallback(url, { ...fields('session-status'), sessionId })).status).toBe(200);
    const found = await query(url, 'query ($id: ID) { session(sessionId: $id) { sessionId } }', {
      id: sessionId,
    });
    expect(found.data).toEqual({ session: { sessionId } });
  };

  /** The journal's rows of a session. */
  const journalOf = async (url: string, sessionId: string) => {
    const { data } = await query(
      url,
      'query ($id: ID) { callbacks(filter: { sessionId: $id }) { edges { node { outcome deliveries } } } }',
      { id: sessionId },
    );
    return at(data, 'callbacks', 'edges');
  };

  it.each(FAILURES)(
    'when the store fails %s, and what was delivered again is recorded once',
    async (when, deliveries, failing) => {
      let fails = false;
      const failOnce: typeof openStore = async (options) => {
        const store = await openStore(options);
        const write: Store['write'] = (work) => {
          if (!fails) return store.write(work);
          fails = false;
          return failing(store, work);
        };
        return { ...store, write };
      };
      const gateway = await startGateway(on.config({ dataDir: 'memory' }), { openStore: failOnce });
      const sessionId = `failed ${when}`;
      const callback = { ...fields('session-status'), sessionId };
      fails = true;
      expect((await postCallback(gateway.url, callback)).status).toBe(503);
      expect(fails).toBe(false);
      expect((await postCallback(gateway.url, callback)).status).toBe(200);
      expect(await journalOf(gateway.url, sessionId)).toEqual([
        { node: { outcome: 'RECORDED', deliveries } },
      ]);
      await alive(gateway.url, `alive-${sessionId}`);
      await gateway.close();
    },
  );

  it.each(STEPS)('when a listener of %s throws, and what was delivered is recorded once', async (step) => {
    const observer = createObserver(createLogger({ level: 'silent' }));
    let thrown = 0;
    observer.on(step, () => {
      thrown += 1;
      throw new Error(SECRET);
    });
    const gateway = await startGateway(on.config({ dataDir: 'memory' }), { observer });
    const sessionId = `listened-${step}`;
    expect((await postCallback(gateway.url, { ...fields('session-status'), sessionId })).status).toBe(200);
    expect(await journalOf(gateway.url, sessionId)).toEqual([
      { node: { outcome: 'RECORDED', deliveries: 1 } },
    ]);
    await alive(gateway.url, `alive-${step}`);
    expect(thrown).toBeGreaterThan(0);
    await gateway.close();
  });

  it('when sockets break in every state, and speak nonsense', async () => {
    const gateway = await startGateway(on.config({ dataDir: 'memory' }));
    const { url } = gateway;
    const { hostname, port } = new URL(url);
    const broken = [
      'GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n',
      'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'POST /callbacks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      'GET /graphql?query=%ff%00 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n',
      'GET /%E0%A4%A HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'NONSENSE\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    ];
    for (const text of broken) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(text, 'latin1');
      await Promise.race([once(socket, 'data'), new Promise((resolve) => setImmediate(resolve))]);
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    for (const noise of [
      '{',
      '[]',
      '{"type":"subscribe"}',
      '"',
      '{"type":"subscribe","id":1,"payload":{}}',
      '\0',
    ]) {
      const connection = await connectWs(url);
      connection.send({ type: 'connection_init' });
      await connection.nextMessage();
      connection.socket.send(noise);
      expect((await connection.closed).code).toBe(4400);
    }
    for (let n = 0; n < 5; n += 1) {
      const ws = await subscribeWs(url, { query: SESSION });
      const sse = await subscribeSse(url, { query: SESSION });
      await ws.next();
      await sse.next();
      const posted = postCallback(url, { ...fields('session-status'), sessionId: `broken-${n}` });
      ws.connection.socket.terminate();
      await sse.close();
      expect((await posted).status).toBe(200);
    }
    await alive(url, 'after-the-broken');
    await gateway.close();
  });

  it('when one subscriber fails, and the others receive every change', async () => {
    const gateway = await startGateway(on.config({ dataDir: 'memory' }));
    const good = await subscribeWs(gateway.url, { query: SESSION });
    await good.next();
    const refused = await subscribeWs(gateway.url, {
      query: 'subscription { sessionStatusChanged(after: 7) { cursor } }',
    });
    expect((await refused.connection.nextMessage()).type).toBe('error');
    await alive(gateway.url, 'received');
    expect(at((await good.next()).data, 'sessionStatusChanged', 'session', 'sessionId')).toBe('received');
    await good.close();
    await refused.close();
    await gateway.close();
  });
});
