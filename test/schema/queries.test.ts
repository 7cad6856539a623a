import { beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import { banks, callbacks, payments, sessions } from '../../src/db/schema.ts';
import { fromPayment } from '../../src/db/tables/rows.ts';
import { createLogger } from '../../src/logger.ts';
import { bytes } from '../support/builders/samples.ts';
import { sessionRow } from '../support/builders/session-row.ts';
import { AT, journalRow, paymentOf, sessionOf } from '../support/builders/states.ts';
import { person } from '../support/builders/viewers.ts';
import { codesOf, createGraph, type Graph } from '../support/clients/graph.ts';
import { closeLater } from '../support/closing.ts';
import { eachStore } from '../support/stores/stores.ts';

const MINUTE = 60_000;
const global = (text: string) => Buffer.from(text).toString('base64');

const ACCOUNT = {
  accountNumber: 'BE2345',
  accountType: 'CurrentAccount',
  accountRelation: ['Owner', null, { share: 0.5 }],
  manualAccountRelation: 'Owner',
};

eachStore('the graph', (on) => {
  let graph: Graph;

  beforeAll(async () => {
    const { databaseUrl, dataDir } = on.config();
    const store = await openStore({
      databaseUrl,
      dataDir,
      pooled: false,
      log: createLogger({ level: 'silent' }),
    });
    closeLater(() => store.close());
    const { db } = store;
    await db.insert(sessions).values(
      [
        sessionOf(
          { kind: 'ACCOUNTS', stage: 'ACCOUNTS', status: 'FINISHED', accounts: [ACCOUNT] },
          { externalId: 'shared', createdAt: AT },
        ),
        sessionOf({ sessionId: 's2' }, { externalId: 'shared', createdAt: AT + MINUTE }),
        sessionOf({ sessionId: 's3', userId: 'bert' }, { externalId: 'shared', createdAt: AT + 2 * MINUTE }),
        // Created in the same instant: ties go by id.
        sessionOf({ sessionId: 's4' }, { createdAt: AT + 3 * MINUTE }),
        sessionOf({ sessionId: 's5' }, { createdAt: AT + 3 * MINUTE }),
      ].map(sessionRow),
    );
    await db.insert(payments).values([fromPayment(paymentOf({ externalId: 'order', status: 'COMPLETED' }))]);
    await db.insert(banks).values({
      bankId: '75',
      secondaryIdentifiers: [
        { type: '9', value: 'other' },
        { type: 'swiftBicCode', value: 'BPKOPLPW' },
      ],
    });
    await db.insert(callbacks).values(
      [
        journalRow({ position: 1, stage: 'ACCOUNTS', status: 'INITIATED', deliveries: 2 }),
        journalRow({ position: 2, stage: 'ACCOUNTS', status: 'FINISHED', receivedAt: AT + MINUTE }),
        journalRow({ position: 3, stage: 'ACCOUNTS', status: 'INITIATED', receivedAt: AT + 2 * MINUTE }),
        journalRow({
          position: 4,
          outcome: 'QUARANTINED',
          kind: null,
          stage: 'ACCOUNTS',
          status: 'FAILED',
          attempt: 0,
          reason: 'status: is missing',
          path: '/status',
          body: bytes('{"sessionId":"s1","stage":"Nowhere"}'),
        }),
        journalRow({
          position: 5,
          kind: 'PAYMENT',
          sessionId: null,
          paymentId: 'p1',
          stage: null,
          status: 'CREATED',
        }),
        journalRow({
          position: 6,
          kind: 'PAYMENT',
          sessionId: null,
          paymentId: 'p1',
          stage: null,
          status: 'COMPLETED',
        }),
      ].map((row) => ({ ...row, changed: [...row.changed] })),
    );
    graph = createGraph(store);
  });

  describe('one session', () => {
    test('is shown with its stages, accounts and bank', async () => {
      const { data, errors } = await graph.ask(`{ session(sessionId: "s1") {
        id sessionId createdAt outcome version conflict isSca
        bank { id bankId bic secondaryIdentifiers { type value } }
        stage { id name status expected }
        stages { name status observed expected attempt version }
        accounts { id maskedNumber accountNumber accountRelation session { sessionId } }
      } }`);
      expect(errors).toBeUndefined();
      expect(data).toMatchObject({
        session: {
          id: global('Session:s1'),
          createdAt: '2026-11-22T11:57:00.000Z',
          bank: { id: global('Bank:75'), bankId: '75', bic: 'BPKOPLPW' },
          stage: { id: global('Stage:ACCOUNTS:s1'), name: 'ACCOUNTS', status: 'FINISHED', expected: true },
          accounts: [
            {
              id: global('Account:0:s1'),
              maskedNumber: 'BE••45',
              accountNumber: 'BE2345',
              // A [JSON!] cannot hold the null among them.
              accountRelation: ['Owner', { share: 0.5 }],
              session: { sessionId: 's1' },
            },
          ],
        },
      });
      expect(data).toHaveProperty('session.stages.2', {
        name: 'ACCOUNT_BALANCES',
        status: null,
        observed: false,
        expected: false,
        attempt: 0,
        version: 0,
      });
    });

    test('has the facts of its journal, oldest first, without quarantined ones', async () => {
      const { data } = await graph.ask(
        '{ session(sessionId: "s1") { stage { facts { status attempt deliveries position receivedAt } } } }',
      );
      expect(data).toEqual({
        session: {
          stage: {
            facts: [
              {
                status: 'INITIATED',
                attempt: 1,
                deliveries: 3,
                position: '1',
                receivedAt: '2026-11-22T11:57:00.000Z',
              },
              {
                status: 'FINISHED',
                attempt: 1,
                deliveries: 1,
                position: '2',
                receivedAt: '2026-11-22T11:58:00.000Z',
              },
            ],
          },
        },
      });
    });

    test('by externalId is the one created last among those the viewer may see', async () => {
      const query = '{ session(externalId: "shared") { sessionId } }';
      expect((await graph.ask(query)).data).toEqual({ session: { sessionId: 's3' } });
      expect((await graph.ask(query, {}, person('anna'))).data).toEqual({ session: { sessionId: 's2' } });
      expect((await graph.ask(query, {}, person('carl'))).data).toEqual({ session: null });
      expect((await graph.ask(query, {}, person(null))).data).toEqual({ session: null });
    });

    test('that is absent and one that is not the viewer’s are answered alike', async () => {
      const ids = ['s3', 'nobody', '', 'x'.repeat(257), 'a\0b', '\ud800'];
      for (const id of ids) {
        const query = 'query ($id: ID) { session(sessionId: $id) { id } }';
        expect(await graph.ask(query, { id }, person('anna'))).toEqual({ data: { session: null } });
      }
    });

    test('takes exactly one id', async () => {
      for (const args of ['', '(sessionId: "a", externalId: "b")', '(sessionId: null)']) {
        const answer = await graph.ask(`{ session${args} { id } }`);
        expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
        expect(answer.errors?.[0]?.message).toContain('sessionId');
      }
    });

    test('shows whole account numbers to its owner and to who has the scope, to nobody else', async () => {
      const number = async (viewer: ReturnType<typeof person>) =>
        (
          await graph.ask(
            '{ session(sessionId: "s1") { accounts { accountNumber maskedNumber } } }',
            {},
            viewer,
          )
        ).data;
      const operator = person('olga', { isOperator: true });
      expect(await number(person('anna'))).toHaveProperty('session.accounts.0.accountNumber', 'BE2345');
      expect(await number(operator)).toHaveProperty('session.accounts.0', {
        accountNumber: null,
        maskedNumber: 'BE••45',
      });
      expect(await number({ ...operator, readsAccounts: true })).toHaveProperty(
        'session.accounts.0.accountNumber',
        'BE2345',
      );
    });
  });

  describe('a list', () => {
    const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: SessionOrder) {
      sessions(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
        edges { cursor node { sessionId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } liveCursor
      } }`;
    const page = async (variables: Record<string, unknown>) => {
      const { data, errors } = await graph.ask(PAGE, variables);
      expect(errors).toBeUndefined();
      const { edges, pageInfo } = JSON.parse(JSON.stringify(data)).sessions;
      return {
        ids: edges.map(({ node }: { node: { sessionId: string } }) => node.sessionId),
        cursors: edges.map(({ cursor }: { cursor: string }) => cursor),
        next: pageInfo.hasNextPage,
        previous: pageInfo.hasPreviousPage,
        end: pageInfo.endCursor,
        start: pageInfo.startCursor,
      };
    };

    test('has the newest first, ties by id', async () => {
      expect(await page({})).toMatchObject({
        ids: ['s5', 's4', 's3', 's2', 's1'],
        next: false,
        previous: false,
      });
      expect(await page({ orderBy: { field: 'CREATED_AT', direction: 'ASC' } })).toMatchObject({
        ids: ['s1', 's2', 's3', 's4', 's5'],
      });
    });

    test('is walked forward and backward without a gap, and says truly what lies beyond', async () => {
      const first = await page({ first: 2 });
      expect(first).toMatchObject({ ids: ['s5', 's4'], next: true, previous: false });
      const second = await page({ first: 2, after: first.end });
      expect(second).toMatchObject({ ids: ['s3', 's2'], next: true, previous: true });
      expect(await page({ first: 2, after: second.end })).toMatchObject({
        ids: ['s1'],
        next: false,
        previous: true,
      });
      expect(await page({ last: 2 })).toMatchObject({ ids: ['s2', 's1'], next: false, previous: true });
      expect(await page({ last: 2, before: second.end })).toMatchObject({
        ids: ['s4', 's3'],
        next: true,
        previous: true,
      });
      expect(await page({ last: 5, before: second.start })).toMatchObject({
        ids: ['s5', 's4'],
        next: true,
        previous: false,
      });
      expect(await page({ first: 5, after: first.start, before: second.end })).toMatchObject({
        ids: ['s4', 's3'],
        next: true,
        previous: true,
      });
    });

    test('of none is no rows, and still says whether there are any', async () => {
      expect(await page({ first: 0 })).toMatchObject({ ids: [], next: true, previous: false, end: null });
      expect(await page({ last: 0 })).toMatchObject({ ids: [], next: false, previous: true });
    });

    test('names the argument that is wrong', async () => {
      const wrong: [Record<string, unknown>, string, string][] = [
        [{ first: 101 }, 'BAD_USER_INPUT', 'first'],
        [{ first: -1 }, 'BAD_USER_INPUT', 'first'],
        [{ last: 101 }, 'BAD_USER_INPUT', 'last'],
        [{ first: 1, last: 1 }, 'BAD_USER_INPUT', 'first, last'],
        [{ after: 'garbage' }, 'CURSOR_INVALID', 'after'],
        [{ before: '' }, 'CURSOR_INVALID', 'before'],
      ];
      for (const [variables, code, argument] of wrong) {
        const answer = await graph.ask(PAGE, variables);
        expect(codesOf(answer)).toEqual([code]);
        expect(answer.errors?.[0]?.message.startsWith(`${argument}:`)).toBe(true);
      }
      const { end } = await page({ first: 1 });
      const other = await graph.ask(PAGE, {
        after: end,
        orderBy: { field: 'UPDATED_AT', direction: 'DESC' },
      });
      expect(codesOf(other)).toEqual(['CURSOR_INVALID']);
    });

    test('holds a person’s own rows only; the journal is the operators’', async () => {
      const query = `{ sessions { edges { node { sessionId callbacks { edges { cursor } liveCursor } } } }
        payments { edges { node { paymentId } } } callbacks { edges { cursor } liveCursor } }`;
      const { data } = await graph.ask(query, {}, person('bert'));
      expect(data).toMatchObject({
        sessions: { edges: [{ node: { sessionId: 's3', callbacks: { edges: [] } } }] },
        payments: { edges: [] },
        callbacks: { edges: [] },
      });
    });

    test('of one session’s journal holds what claims it, the newest first', async () => {
      const { data } = await graph.ask(`{ sessions(filter: { bankId: "75" }) { edges { node { sessionId
        callbacks(first: 2) { edges { node { position } } pageInfo { hasNextPage } } } } } }`);
      expect(data).toHaveProperty('sessions.edges.4.node', {
        sessionId: 's1',
        callbacks: {
          edges: [{ node: { position: '4' } }, { node: { position: '3' } }],
          pageInfo: { hasNextPage: true },
        },
      });
      expect(data).toHaveProperty('sessions.edges.3.node.callbacks.edges', []);
    });
  });

  describe('the journal', () => {
    test('shows what a body claims, and the body to who may read account numbers', async () => {
      const query = `{ callbacks(filter: { outcome: [QUARANTINED] }) { edges { node {
        id position kind outcome reason path body reported { sessionId stage status } session { sessionId } } } } }`;
      const { data } = await graph.ask(query);
      expect(data).toHaveProperty('callbacks.edges.0.node', {
        id: global('Callback:4'),
        position: '4',
        kind: null,
        outcome: 'QUARANTINED',
        reason: 'status: is missing',
        path: '/status',
        body: '{"sessionId":"s1","stage":"Nowhere"}',
        reported: { sessionId: 's1', stage: 'Nowhere', status: null },
        session: null,
      });
      const operator = await graph.ask(query, {}, person('olga', { isOperator: true }));
      expect(operator.data).toHaveProperty('callbacks.edges.0.node.body', null);
    });

    test('gives a payment its history', async () => {
      const { data } = await graph.ask(
        '{ payment(externalId: "order") { status isFinal history { status position } } }',
      );
      expect(data).toMatchObject({
        payment: {
          status: 'COMPLETED',
          history: [
            { status: 'CREATED', position: '5' },
            { status: 'COMPLETED', position: '6' },
          ],
        },
      });
    });
  });

  describe('a node', () => {
    const NODES = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
    const mine = ['Session:s1', 'Stage:TRANSACTIONS:s1', 'Account:0:s1', 'Bank:75', 'Payment:p1'].map(global);

    test('is found again by the id that it was given', async () => {
      const ids = [...mine, global('Callback:4')];
      const types = ['Session', 'Stage', 'Account', 'Bank', 'Payment', 'Callback'];
      const nodes = types.map((__typename, place) => ({ __typename, id: ids[place] }));
      expect((await graph.ask(NODES, { ids })).data).toEqual({ nodes });
      expect((await graph.ask(NODES, { ids: mine }, person('anna'))).data).toEqual({
        nodes: nodes.slice(0, mine.length),
      });
    });

    test('is null where absent, malformed or not the viewer’s, each in its place', async () => {
      const strange = ['', 'x', '!', global('Session'), global('Account:1:s1'), global('Account:-1:s1')];
      const others = [global('Stage:NOWHERE:s1'), global('Bank:76'), global('User:1'), `${mine[0]}\n`];
      const { data } = await graph.ask(NODES, { ids: [...strange, ...others, mine[0]] });
      expect(data).toEqual({
        nodes: [...[...strange, ...others].map(() => null), { __typename: 'Session', id: mine[0] }],
      });
      const ids = [...mine, global('Callback:4')];
      expect((await graph.ask(NODES, { ids }, person('carl'))).data).toEqual({ nodes: ids.map(() => null) });
    });

    test('is asked for with at most 100 others', async () => {
      const answer = await graph.ask(NODES, { ids: Array(101).fill('x') });
      expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
      expect(answer.errors?.[0]?.message).toMatch(/^ids:/);
    });
  });
});
