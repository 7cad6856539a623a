import { eq } from 'drizzle-orm';
import { beforeAll, expect, test } from 'vitest';
import { banks, callbacks, payments, sessions } from '../../src/db/schema.ts';
import { fromPayment } from '../../src/db/tables/rows.ts';
import { EXPLORER, type Viewer } from '../../src/domain/viewer.ts';
import { sessionRow } from '../support/builders/session-row.ts';
import { journalRow, paymentOf, sessionOf } from '../support/builders/states.ts';
import { createGraph, type Graph } from '../support/clients/graph.ts';
import { type CountedStore, openCountedStore } from '../support/stores/counted-store.ts';
import { eachStore } from '../support/stores/stores.ts';

const COUNTS: [what: string, count: number, query: string][] = [
  [
    'a session with all that its row holds',
    1,
    `{ session(sessionId: "s1") { id sessionId bank { id bankId } stage { name status progress { done } }
    stages { name status } accounts { maskedNumber session { id } } transactionPages { accountId } } }`,
  ],
  [
    '50 sessions with all that their rows hold',
    1,
    `{ sessions(first: 50) { liveCursor pageInfo { hasNextPage } edges { cursor node {
    id bank { id bankId } stage { name status } stages { name status } accounts { maskedNumber } } } } }`,
  ],
  [
    '50 sessions with their banks’ identifiers',
    2,
    '{ sessions(first: 50) { edges { node { bank { bic secondaryIdentifiers { value } } } } } }',
  ],
  [
    '50 sessions with the facts of every stage',
    2,
    '{ sessions(first: 50) { edges { node { stage { facts { status } } stages { facts { status } } } } } }',
  ],
  [
    '50 sessions with their journals',
    2,
    '{ sessions(first: 50) { edges { node { callbacks(first: 5) { edges { node { position } } liveCursor } } } } }',
  ],
  [
    '50 payments with their histories',
    2,
    '{ payments(first: 50) { edges { node { status history { status } } } } }',
  ],
  [
    '50 rows of the journal with their sessions',
    2,
    '{ callbacks(first: 50) { edges { node { position session { stages { name } } } } } }',
  ],
  [
    '50 sessions with what the clock says of them',
    1,
    '{ sessions(first: 50, filter: { stalled: true }) { edges { node { stalled stalledSince stallsAt } } } }',
  ],
  [
    '50 banks, the worst first, with their names and their health over two windows',
    4,
    `{ banks(first: 50, orderBy: { field: FAILED }) { edges { node {
    bankId bic health { failed stalled lastSucceededAt } week: health(minutes: 10080) { sessions } } } } }`,
  ],
  [
    '50 sessions with the health of their banks',
    2,
    '{ sessions(first: 50) { edges { node { bank { health { sessions } } } } } }',
  ],
  ['the overview', 1, '{ overview { stalled sessions { outcome count } callbacks { count } } }'],
  [
    'ten sessions, each by its id',
    1,
    `{ ${Array.from({ length: 10 }, (_, n) => `a${n}: session(sessionId: "s${n}") { version }`).join(' ')} }`,
  ],
];

/** Fifty sessions of seven banks, each with one callback, and fifty payments. */
async function fill({ db }: CountedStore): Promise<void> {
  const ids = Array.from({ length: 50 }, (_, n) => `s${n}`);
  const bankOf = (n: number) => ({ bankId: `b${n % 7}`, secondaryIdentifiers: [] });
  await db
    .insert(sessions)
    .values(
      ids.map((sessionId, n) =>
        sessionRow(sessionOf({ sessionId, bank: bankOf(n), userId: n % 9 === 0 ? 'bert' : 'anna' })),
      ),
    );
  await db.insert(payments).values(ids.map((paymentId) => fromPayment(paymentOf({ paymentId }))));
  await db
    .insert(callbacks)
    .values(ids.map((sessionId, n) => ({ ...journalRow({ position: n + 1, sessionId }), changed: [] })));
  await db.insert(banks).values({ bankId: 'b0', secondaryIdentifiers: [] });
}

eachStore('statements', (on) => {
  let graph: Graph;
  let store: CountedStore;
  beforeAll(async () => {
    store = await openCountedStore(on);
    await fill(store);
    graph = createGraph(store);
  });

  /** How many statements the store was sent while this ran. */
  async function sentDuring(run: () => Promise<unknown>): Promise<number> {
    const before = store.statements();
    await run();
    return store.statements() - before;
  }

  test.each(COUNTS)('%s cost %i statement(s)', async (_, count, query) => {
    const ask = async () => expect((await graph.ask(query)).errors).toBeUndefined();
    await ask();
    expect(await sentDuring(ask)).toBe(count);
  });

  test('a state that memory does not have costs one more, whether by key or in a list', async () => {
    const cold = createGraph(store);
    const one = async () =>
      expect((await cold.ask('{ session(sessionId: "s1") { version } }')).errors).toBeUndefined();
    const all = async () =>
      expect((await cold.ask('{ sessions(first: 50) { edges { cursor } } }')).errors).toBeUndefined();
    expect([await sentDuring(one), await sentDuring(one)]).toEqual([2, 1]);
    expect([await sentDuring(all), await sentDuring(all)]).toEqual([2, 1]);
    await store.db.update(sessions).set({ version: 7 }).where(eq(sessions.sessionId, 's1'));
    expect([await sentDuring(all), await sentDuring(one)]).toEqual([2, 1]);
    const { data } = await cold.ask('{ session(sessionId: "s1") { version } }');
    expect(data).toEqual({ session: { version: 7 } });
  });

  test('lists asked for by different operations in the same turn are one statement a shape', async () => {
    const list = (first: number, filter = '') =>
      graph.ask(`{ sessions(first: ${first}${filter}) { edges { node { version } } } }`);
    const before = (at: string) => list(40, `, filter: { createdAt: { before: "${at}" } }`);
    await list(40);
    await before('2026-01-01T00:00:00Z');
    expect(await sentDuring(() => Promise.all([list(40), list(40), list(41)]))).toBe(1);
    expect(
      await sentDuring(() => Promise.all([before('2027-01-01T00:00:00Z'), before('2026-12-01T00:00:00Z')])),
    ).toBe(1);
    expect(await sentDuring(() => Promise.all([list(40), list(5)]))).toBe(2);
  });

  test('lists that share a statement are each what they are alone, whoever asks', async () => {
    const query = `query ($first: Int, $after: DateTime) {
      sessions(first: $first, filter: { createdAt: { from: $after } }, orderBy: { field: CREATED_AT }) {
        edges { cursor node { sessionId userId } } pageInfo { hasNextPage } liveCursor } }`;
    const viewers: (Viewer | undefined)[] = [
      undefined,
      ...['anna', 'bert', 'nobody', 'a\0b'].map((userId) => ({ ...EXPLORER, userId, isOperator: false })),
    ];
    const asked = viewers.flatMap((viewer) =>
      [39, 40, 45].flatMap((first) =>
        ['2020-01-01T00:00:00Z', '2026-11-22T11:57:00Z', '2099-01-01T00:00:00Z'].map(
          (after) => () => graph.ask(query, { first, after }, viewer),
        ),
      ),
    );
    const alone = [];
    for (const ask of asked) alone.push(await ask());
    expect(await Promise.all(asked.map((ask) => ask()))).toEqual(alone);
    expect(new Set(alone.map((answer) => JSON.stringify(answer))).size).toBeGreaterThan(5);
  });

  test('sessions asked for by different operations in the same turn are one statement', async () => {
    const one = (id: string) => graph.ask(`{ session(sessionId: "${id}") { version } }`);
    expect(await sentDuring(() => Promise.all(['s1', 's2', 's3'].map(one)))).toBe(1);
  });

  test('an id that no row can hold costs no statement', async () => {
    const byId = 'query ($id: ID) { session(sessionId: $id) { id } }';
    expect(await sentDuring(() => graph.ask(byId, { id: 'a\0b' }))).toBe(0);
  });
});
