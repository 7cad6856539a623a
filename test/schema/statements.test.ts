import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { beforeAll, expect, test } from 'vitest';
import { migrate } from '../../src/db/migrate/migrate.ts';
import { banks, callbacks, payments, sessions } from '../../src/db/schema.ts';
import { fromPayment, fromSession } from '../../src/db/tables/rows.ts';
import { createLogger } from '../../src/logger.ts';
import { journalRow, paymentOf, sessionOf } from '../support/builders/states.ts';
import { createGraph, type Graph } from '../support/clients/graph.ts';
import { closeLater } from '../support/closing.ts';

let graph: Graph;
const statements: string[] = [];

beforeAll(async () => {
  const client = await PGlite.create('memory://');
  closeLater(() => client.close());
  const db = drizzle({ client, jit: true, logger: { logQuery: (statement) => statements.push(statement) } });
  await migrate(db, { migrate: 'auto', pooled: false, log: createLogger({ level: 'silent' }) });
  const ids = Array.from({ length: 50 }, (_, place) => `s${place}`);
  await db
    .insert(sessions)
    .values(
      ids.map((sessionId, place) =>
        fromSession(sessionOf({ sessionId, bank: { bankId: `b${place % 7}`, secondaryIdentifiers: [] } })),
      ),
    );
  await db.insert(payments).values(ids.map((paymentId) => fromPayment(paymentOf({ paymentId }))));
  await db
    .insert(callbacks)
    .values(
      ids.map((sessionId, place) => ({ ...journalRow({ position: place + 1, sessionId }), changed: [] })),
    );
  await db.insert(banks).values({ bankId: 'b0', secondaryIdentifiers: [] });
  graph = createGraph({ db });
});

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
    'ten sessions, each by its id',
    1,
    `{ ${Array.from({ length: 10 }, (_, n) => `a${n}: session(sessionId: "s${n}") { version }`).join(' ')} }`,
  ],
];

test.each(COUNTS)('%s cost %i statement(s)', async (_, count, query) => {
  statements.length = 0;
  expect((await graph.ask(query)).errors).toBeUndefined();
  expect(statements).toHaveLength(count);
});

test('sessions asked for by different operations in the same turn are one statement', async () => {
  statements.length = 0;
  await Promise.all(['s1', 's2', 's3'].map((id) => graph.ask(`{ session(sessionId: "${id}") { version } }`)));
  expect(statements).toHaveLength(1);
});

test('an id that no row can hold costs no statement', async () => {
  statements.length = 0;
  await graph.ask('query ($id: ID) { session(sessionId: $id) { id } }', { id: 'a\0b' });
  expect(statements).toEqual([]);
});
