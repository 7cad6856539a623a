import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import postgres from 'postgres';
import { beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import type { Store } from '../../src/db/store.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';
import { fields } from '../support/builders/samples.ts';
import { at, query, send, textAt } from '../support/clients/client.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import {
  ACCOUNTANT,
  bearer,
  type ProductionGateway,
  startProduction,
} from '../support/gateways/production.ts';
import { LONG } from '../support/long.ts';
import { eachStore } from '../support/stores/stores.ts';

/** On a machine that has time; beside other work the clock shows theirs too. Without a bound it was 23 s. */
const LONGEST_BLOCK_MS = LONG ? 50 : 250;

type Bearer = Readonly<Record<string, string>>;

const accountsOf = (count: number, extra: object = {}) =>
  Array.from({ length: count }, (_, n) => ({
    accountNumber: `BE${n}`,
    accountType: 'CurrentAccount',
    accountRelation: [],
    manualAccountRelation: 'Owner',
    ...extra,
  }));
const sessionWith = (sessionId: string, accounts: readonly object[]) => ({
  ...fields('session-accounts'),
  sessionId,
  sessionExternalId: `${sessionId}-external`,
  userId: 'anna',
  details: { accounts },
});

/** Lists within lists: 60 accounts make 60^levels of them. */
const nested = (levels: number) => `${'accounts { session { '.repeat(levels)}id${' } }'.repeat(levels)}`;
const BOMB = `{ session(sessionId: "many") { ${nested(4)} } }`;

/** The longest that the event loop, which the gateway shares with this test, was held up meanwhile, in milliseconds. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await work();
  await turn();
  delays.disable();
  return delays.max / 1e6;
}

/** The best of some runs: what a crowded machine or the garbage collector adds is not the gateway's. */
async function bestOf(runs: number, measure: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs && best >= LONGEST_BLOCK_MS; run += 1) best = Math.min(best, await measure());
  return best;
}

eachStore('an operation that would answer too much', (on) => {
  let gateway: ProductionGateway;
  let anna: Bearer;
  beforeAll(async () => {
    gateway = await startProduction(on);
    anna = await bearer();
    await gateway.deliver(sessionWith('many', accountsOf(60)));
    await gateway.deliver(sessionWith('thousand', accountsOf(1_000)));
    await gateway.deliver(sessionWith('long', accountsOf(40, { accountType: 'x'.repeat(5_000) })));
  });
  const ask = (document: string, who: Bearer = anna) => query(gateway.url, document, {}, who);

  const exceeds = (unit: 'fields' | 'bytes') => [
    {
      message: expect.stringMatching(
        unit === 'fields' ? /at least \d+ fields.*at most 50000/ : /at least \d+ bytes.*at most 4194304/,
      ),
      extensions: { code: 'LIMIT_EXCEEDED', retryable: false },
    },
  ];

  it('is answered one LIMIT_EXCEEDED over HTTP, and does not hold up the event loop', async () => {
    const blocked = await bestOf(10, () =>
      longestBlock(async () => {
        const { data, errors, text } = await ask(BOMB);
        expect(data ?? null).toBeNull();
        expect(errors).toEqual(exceeds('fields'));
        expect(text.length).toBeLessThan(1_000);
      }),
    );
    expect(blocked).toBeLessThan(LONGEST_BLOCK_MS);
  });

  it('is answered the same on WebSocket and as a stream', async () => {
    const overWs = await subscribeWs(gateway.url, { query: BOMB, connectionParams: anna });
    const message = await overWs.connection.nextMessage();
    expect([message.type, message.payload]).toEqual(['error', exceeds('fields')]);
    await overWs.close();
    const stream = await subscribeSse(gateway.url, { query: BOMB, headers: anna });
    expect((await stream.next()).errors).toEqual(exceeds('fields'));
    await stream.close();
  });

  it.each([
    ['through node', (id: string) => `{ node(id: "${id}") { ... on Session { ${nested(4)} } } }`],
    [
      'through nodes',
      (id: string) => `{ nodes(ids: [${`"${id}" `.repeat(100)}]) { ... on Session { ${nested(2)} } } }`,
    ],
    [
      'through a fragment',
      () => `{ session(sessionId: "many") { ...F } } fragment F on Session { ${nested(4)} }`,
    ],
    [
      'through banks and facts',
      () =>
        `{ session(sessionId: "many") { accounts { session { accounts { session { bank { bic secondaryIdentifiers { value } }
        stages { name facts { status position } } } } } } } }`,
    ],
  ])('%s too', async (_, document) => {
    const id = textAt((await ask('{ session(sessionId: "many") { id } }')).data, 'session', 'id');
    expect((await ask(document(id))).errors).toEqual(exceeds('fields'));
  });

  it('is refused for its bytes: long texts, repeated', async () => {
    const document = '{ session(sessionId: "long") { accounts { session { accounts { accountType } } } } }';
    expect((await ask(document)).errors).toEqual(exceeds('bytes'));
  });

  it('is refused for its bytes: long names of its own', async () => {
    const alias = 'a'.repeat(50_000);
    const document = `{ session(sessionId: "many") { accounts { session { accounts { ${alias}: id } } } } }`;
    expect((await ask(document)).errors).toEqual(exceeds('bytes'));
  });

  it('is refused for its bytes: bodies of callbacks', async () => {
    for (let n = 0; n < 20; n += 1) {
      await gateway.deliver({ ...sessionWith('bodies', []), unknown: `${n} ${'"'.repeat(100_000)}` });
    }
    const answer = await ask(
      '{ callbacks(first: 100) { edges { node { body } } } }',
      await bearer(ACCOUNTANT),
    );
    expect(answer.errors).toEqual(exceeds('bytes'));
  });

  it('ends a subscription alone, by its opening message', async () => {
    const { connection, next } = await subscribeWs(gateway.url, {
      query: 'subscription { sessionStatusChanged(sessionId: "many") { kind } }',
      connectionParams: anna,
    });
    expect(at((await next()).data, 'sessionStatusChanged', 'kind')).toBe('SNAPSHOT');
    const document = `subscription { sessionStatusChanged(sessionId: "many") { session { ${nested(3)} } } }`;
    connection.send({ id: 'bomb', type: 'subscribe', payload: { query: document } });
    expect(await connection.nextMessage()).toEqual({ type: 'error', id: 'bomb', payload: exceeds('fields') });
    await gateway.deliver({ ...sessionWith('many', accountsOf(1)), status: 'Finished' });
    expect(at((await next()).data, 'sessionStatusChanged', 'kind')).toBe('ACCOUNTS');
    await connection.close();
  });

  it('does not keep what is long and legal from being answered, nor others waiting meanwhile', async () => {
    const document = `{ session(sessionId: "thousand") { accounts {
      id maskedNumber accountNumber accountType accountRelation manualAccountRelation session { id version } } } }`;
    const blocked = await bestOf(10, () =>
      longestBlock(async () => {
        const { data, errors } = await ask(document);
        expect(errors).toBeUndefined();
        expect(at(data, 'session', 'accounts', 'length')).toBe(1_000);
        expect(at(data, 'session', 'accounts', 999, 'accountNumber')).toBe('BE999');
      }),
    );
    expect(blocked).toBeLessThan(LONGEST_BLOCK_MS);
  });
});

describe('the limits of an execution', () => {
  it('count for each message of a subscription alone, in a resume too', async () => {
    const limits = { ...DEFAULT_LIMITS, fields: 200 };
    const { url } = await startGateway({ limits });
    const deliver = (n: number) =>
      send(`${url}/callbacks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(sessionWith(`s${n}`, accountsOf(20))),
      });
    await deliver(0);
    const cursor = textAt((await query(url, '{ sessions { liveCursor } }')).data, 'sessions', 'liveCursor');
    for (let n = 1; n <= 10; n += 1) await deliver(n);
    const document = 'subscription { sessionStatusChanged { session { accounts { id maskedNumber } } } }';
    const { next, close } = await subscribeSse(url, { query: document, extensions: { after: cursor } });
    for (let n = 1; n <= 10; n += 1) {
      expect(at((await next()).data, 'sessionStatusChanged', 'session', 'accounts', 'length')).toBe(20);
    }
    await close();
  });

  it('are those of the polling routes, which answer 400 beyond them', async () => {
    const { url } = await startGateway({ limits: { ...DEFAULT_LIMITS, fields: 200 } });
    for (const [sessionId, count] of [
      ['few', 20],
      ['many', 60],
    ] as const) {
      await send(`${url}/callbacks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(sessionWith(sessionId, accountsOf(count))),
      });
    }
    const details = (id: string) => send(`${url}/api/session/status/details?sessionId=${id}`);
    expect((await details('few')).status).toBe(200);
    const refused = await details('many');
    expect(refused.status).toBe(400);
    expect(at(refused.json, 'detail')).toMatch(/fields.*at most 200/);
    expect((await send(`${url}/api/session/status?sessionId=many`)).status).toBe(200);
  });
});

eachStore('an operation that takes too long', (on) => {
  it('is answered TIMEOUT, and nothing more of it is sent to the store', async () => {
    const statements: string[] = [];
    const inFlight = new Set<Promise<unknown>>();
    const config = on.config({ limits: { ...DEFAULT_LIMITS, executionMs: 200 } });
    const { url } = await startGateway(config, {
      openStore: async (options) => {
        const store = await openStore(options);
        watchStatements(store, (text, answer) => {
          statements.push(text);
          inFlight.add(answer);
        });
        return store;
      },
    });
    await send(`${url}/callbacks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sessionWith('slow', accountsOf(2))),
    });
    const slow = await slowStore(on.databaseUrl);
    statements.length = 0;
    const lists = Array.from(
      { length: 14 },
      (_, n) =>
        `a${n}: sessions(first: 5, filter: { userId: "anna", bankId: "b${n}" }) { edges { node { bank { bic } } } }`,
    );
    const document = `{ ${lists.join(' ')} b: sessions(first: 5) { edges { node { stage { facts { position } } bank { bic } } } } }`;
    const { errors } = await query(url, document);
    expect(errors).toMatchObject([{ extensions: { code: 'TIMEOUT', retryable: true } }]);
    const sent = statements.length;
    expect(sent).toBeGreaterThan(0);
    await slow.end();
    await Promise.allSettled(inFlight);
    // What is asked afterwards is answered behind all that was sent.
    expect((await query(url, '{ session(sessionId: "slow") { id } }')).errors).toBeUndefined();
    expect(statements.slice(sent).filter((text) => !text.includes('"found"'))).toEqual([]);
    expect(statements).toHaveLength(sent + 1);
    if (on.kind === 'pglite') expect(sent).toBeLessThan(10);
  });
});

/** Calls back with each statement that is sent to the store from now on; PGlite works on each for 50 ms. */
function watchStatements(store: Store, sent: (text: string, answer: Promise<unknown>) => void): void {
  for (const db of new Set([store.db, store.shortReads]))
    watchClient(store, Reflect.get(db, '$client'), sent);
}

function watchClient(
  store: Store,
  client: unknown,
  sent: (text: string, answer: Promise<unknown>) => void,
): void {
  const name = store.kind === 'pglite' ? 'query' : 'unsafe';
  if (client === null || (typeof client !== 'object' && typeof client !== 'function'))
    throw new Error('no client');
  const original: unknown = Reflect.get(client, name);
  if (typeof original !== 'function') throw new Error('no statements');
  Reflect.set(client, name, (...args: unknown[]) => {
    const answer: unknown = Reflect.apply(original, client, args);
    if (store.kind === 'postgres') {
      sent(String(args[0]), Promise.resolve());
      return answer;
    }
    const late = Promise.resolve(answer).then((rows: unknown) => {
      const until = performance.now() + 50;
      while (performance.now() < until);
      return rows;
    });
    sent(String(args[0]), late);
    return late;
  });
}

/** On PostgreSQL no session can be read until `end`. */
async function slowStore(databaseUrl: string | null): Promise<{ end(): Promise<void> }> {
  if (databaseUrl === null) return { end: async () => {} };
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  closeLater(() => sql.end());
  await sql.unsafe('begin');
  await sql.unsafe('lock table sessions in access exclusive mode');
  return {
    async end() {
      await sql.unsafe('rollback');
    },
  };
}
