import { beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/db/open.ts';
import { banks, callbacks, sessions } from '../../src/db/schema.ts';
import type { Session } from '../../src/domain/session/session.ts';
import { createLogger } from '../../src/logger.ts';
import { sessionRow } from '../support/builders/session-row.ts';
import { journalRow, sessionOf } from '../support/builders/states.ts';
import { at, postCallback, query } from '../support/clients/client.ts';
import { codesOf, createGraph, type Graph } from '../support/clients/graph.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { closeLater } from '../support/closing.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

/* overview, banks, their health and filter.search: what an operator looks at first. */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const STALLED_AFTER_MS = 300;

const OVERVIEW = `query ($since: DateTime) { overview(since: $since) {
  since stalled conflicts quarantined
  sessions { outcome count } payments { status count } callbacks { outcome count } } }`;
const COUNTS = 'sessions succeeded partiallySucceeded failed needsAuthorization pending stalled';

/** Each word of a list with its count, in the order of its enum; 0 for what is not given. */
const listed = (name: string, words: readonly string[], counts: Readonly<Record<string, number>> = {}) =>
  words.map((word) => ({ [name]: word, count: counts[word] ?? 0 }));
const OUTCOMES = ['PENDING', 'SUCCEEDED', 'PARTIALLY_SUCCEEDED', 'FAILED', 'NEEDS_AUTHORIZATION'];
const STATUSES = [
  ...['CREATED', 'IN_PROGRESS', 'COMPLETED', 'REJECTED', 'NOT_SUPPORTED', 'CANCELLED', 'EXPIRED'],
];
const FATES = ['RECORDED', 'LATE', 'QUARANTINED'];

eachStore('of what callbacks reported', (store) => {
  let url: string;
  let began: number;

  async function post(sessionId: string, stage: string, status: string, more: object = {}): Promise<void> {
    const body = { sessionId, userId: 'anna', bankId: 'good', stage, status, ...more };
    expect((await postCallback(url, body)).status).toBe(200);
  }
  async function pay(paymentId: string, paymentStatus: string): Promise<void> {
    const user = { externalId: 'anna', secondaryIdentifiers: {} };
    const bank = { id: 'good', secondaryIdentifiers: {} };
    const body = { paymentId, paymentExternalId: `order-${paymentId}`, paymentStatus, user, bank };
    expect((await postCallback(url, body)).status).toBe(200);
  }
  async function ask(document: string, variables: Readonly<Record<string, unknown>> = {}, as?: string) {
    const headers: Record<string, string> = as === undefined ? {} : { 'callboard-as': as };
    const { data, errors } = await query(url, document, variables, headers);
    expect(errors).toBeUndefined();
    return data;
  }

  beforeAll(async () => {
    ({ url } = await startGateway(store.config({ stalledAfterMs: STALLED_AFTER_MS })));
    began = Date.now();
    const bad = { bankId: 'bad' };
    await post('s-failed', 'Authentication', 'Failed', bad);
    await post('s-unauthorized', 'Authentication', 'AuthorizationFailed', bad);
    await post('s-partial', 'Accounts', 'Finished', { details: { accounts: [{ accountNumber: 'BE1' }] } });
    await post('s-partial', 'Transactions', 'Failed');
    const fine = { sessionExternalId: 'x-fine' };
    await post('s-fine', 'Transactions', 'Finished', fine);
    // Behind its end, and then its end again.
    await post('s-fine', 'Transactions', 'InProgress');
    await post('s-fine', 'Transactions', 'Finished', fine);
    await post('S-fine', 'Transactions', 'Finished', { userId: 'bert' });
    // Two ends of one run.
    await post('torn', 'Transactions', 'Finished', bad);
    await post('torn', 'Transactions', 'Failed', bad);
    await post('s-unknown', 'Nirvana', 'Finished');
    await pay('p-new', 'Created');
    await pay('p-torn', 'Completed');
    await pay('p-torn', 'Rejected');
    await post('silent', 'Accounts', 'InProgress', bad);
    const live = await subscribeWs(url, {
      query: 'subscription { sessionStatusChanged(sessionId: "silent") { kind session { stalled } } }',
    });
    const isStalled = async () =>
      at((await live.next()).data, 'sessionStatusChanged', 'session', 'stalled') === true;
    while (!(await isStalled())) {
      // The SNAPSHOT, where it came in time.
    }
    await live.close();
  });

  test('the overview counts sessions, payments and callbacks of the last day', async () => {
    const data = await ask(OVERVIEW);
    expect(data).toEqual({
      overview: {
        since: expect.any(String),
        ...{ stalled: 1, conflicts: 2, quarantined: 1 },
        sessions: listed('outcome', OUTCOMES, {
          ...{ PENDING: 1, SUCCEEDED: 2, PARTIALLY_SUCCEEDED: 1, FAILED: 2, NEEDS_AUTHORIZATION: 1 },
        }),
        payments: listed('status', STATUSES, { CREATED: 1, REJECTED: 1 }),
        callbacks: listed('outcome', FATES, { RECORDED: 12, LATE: 1, QUARANTINED: 1 }),
      },
    });
    const since = Date.parse(String(at(data, 'overview', 'since')));
    expect(Math.abs(since - (Date.now() - DAY))).toBeLessThan(MINUTE);
    expect(since).toBeLessThan(began);
  });

  test('the overview counts from the given time on', async () => {
    const since = new Date(Date.now() + MINUTE).toISOString();
    expect(await ask(OVERVIEW, { since })).toEqual({
      overview: {
        ...{ since, stalled: 0, conflicts: 0, quarantined: 0 },
        sessions: listed('outcome', OUTCOMES),
        payments: listed('status', STATUSES),
        callbacks: listed('outcome', FATES),
      },
    });
  });

  test('banks have their health, the worst first', async () => {
    const document = `{ banks(orderBy: { field: FAILED }) { edges { node { bankId health { ${COUNTS} lastSucceededAt } } } }
      sessions(filter: { outcome: [SUCCEEDED] }, orderBy: { field: UPDATED_AT }) { edges { node { updatedAt } } } }`;
    const data = await ask(document);
    const none = Object.fromEntries(COUNTS.split(' ').map((name) => [name, 0]));
    const bad = { sessions: 4, failed: 2, needsAuthorization: 1, pending: 1, stalled: 1 };
    const good = { sessions: 3, succeeded: 2, partiallySucceeded: 1 };
    const lastSucceededAt = at(data, 'sessions', 'edges', 0, 'node', 'updatedAt');
    expect(at(data, 'banks', 'edges')).toEqual([
      { node: { bankId: 'bad', health: { ...none, ...bad, lastSucceededAt: null } } },
      { node: { bankId: 'good', health: { ...none, ...good, lastSucceededAt } } },
    ]);
  });

  test('none of it is for a viewer who is not an operator', async () => {
    const document = `{ overview { stalled } banks { edges { node { bankId } } }
      session(sessionId: "s-failed") { bank { bankId health { sessions } } } }`;
    expect(await ask(document, {}, 'anna')).toEqual({
      overview: null,
      banks: { edges: [] },
      session: { bank: { bankId: 'bad', health: null } },
    });
  });

  describe('search', () => {
    const found = async (field: string, node: string, search: string, as?: string) => {
      const document = `query ($search: String) { found: ${field}(filter: { search: $search }) { edges { node { ${node} } } } }`;
      const edges = at(await ask(document, { search }, as), 'found', 'edges');
      return Array.isArray(edges) ? edges.map((edge) => at(edge, 'node', node)) : edges;
    };

    test.each([
      ['s-f', ['s-fine', 's-failed']],
      ['s-fine', ['s-fine']],
      ['x-f', ['s-fine']],
      ['S-f', ['S-fine']],
      // Neither the end of an id, nor a pattern.
      ['fine', []],
      ['s%', []],
      ['s_f', []],
      ['\\', []],
      ['', ['silent', 'torn', 'S-fine', 's-fine', 's-partial', 's-unauthorized', 's-failed']],
    ])('finds sessions whose session or external id begins with "%s"', async (search, ids) => {
      expect(await found('sessions', 'sessionId', search)).toEqual(ids);
    });

    test('finds payments by their id and by their external id', async () => {
      expect(await found('payments', 'paymentId', 'p-')).toEqual(['p-torn', 'p-new']);
      expect(await found('payments', 'paymentId', 'order-p-n')).toEqual(['p-new']);
      expect(await found('payments', 'paymentId', 'P-')).toEqual([]);
    });

    test('finds callbacks by the ids of what they are about, also where they are quarantined', async () => {
      expect(await found('callbacks', 'outcome', 's-u')).toEqual(['QUARANTINED', 'RECORDED']);
      expect(await found('callbacks', 'kind', 'x-fine')).toEqual(['SESSION_STATUS']);
      expect(await found('callbacks', 'kind', 'order-p-t')).toEqual(['PAYMENT', 'PAYMENT']);
      expect(await found('callbacks', 'kind', 'p-t')).toEqual(['PAYMENT', 'PAYMENT']);
    });

    test('finds nothing of others', async () => {
      expect(await found('sessions', 'sessionId', 's-f', 'anna')).toEqual(['s-fine', 's-failed']);
      expect(await found('sessions', 'sessionId', 'S-f', 'anna')).toEqual([]);
      expect(await found('sessions', 'sessionId', 'S-f', 'bert')).toEqual(['S-fine']);
      expect(await found('payments', 'paymentId', 'p-', 'bert')).toEqual([]);
      expect(await found('callbacks', 'kind', 's-f', 'anna')).toEqual([]);
    });
  });
});

eachStore('of the last minutes', (on) => {
  let graph: Graph;
  const began = Date.now();
  const ago = (minutes: number) => began - minutes * MINUTE;

  beforeAll(async () => {
    const { databaseUrl, dataDir } = on.config();
    const log = createLogger({ level: 'silent' });
    const { db, close } = await openStore({ databaseUrl, dataDir, pooled: false, log });
    closeLater(close);
    const session = (bankId: string, columns: Partial<Session>, minutes: number, n: number) => {
      const time = { createdAt: ago(minutes), updatedAt: ago(minutes), lastFactAt: ago(minutes) };
      const bank = { bankId, secondaryIdentifiers: [] };
      return sessionRow(sessionOf({ sessionId: `s${n}`, bank }, { ...columns, ...time }));
    };
    const failed = { outcome: 'FAILED' } as const;
    const rows: [bankId: string, columns: Partial<Session>, minutes: number][] = [
      ['a', failed, 58],
      ['a', failed, 1],
      ['b', failed, 62],
      ['b', failed, 62],
      ['b', failed, 62],
      ['b', {}, 58],
      ['b', {}, 20],
      ['c', failed, 30],
      // Under way, and not silent for ten minutes yet.
      ['c', {}, 5],
      ['c', {}, 70],
      ['a', {}, 15],
    ];
    await db.insert(sessions).values(rows.map((row, n) => session(...row, n)));
    const named = ['a', 'b', 'c', 'd'].map((bankId) => ({ bankId, secondaryIdentifiers: [] }));
    await db.insert(banks).values(named);
    // The first one is older than a day, and one of the two in quarantine has been replayed since.
    const quarantined = { outcome: 'QUARANTINED', sessionId: null, kind: null } as const;
    const journal = [
      { receivedAt: ago(25 * 60) },
      { receivedAt: ago(23 * 60) },
      { ...quarantined, receivedAt: ago(2) },
      { ...quarantined, receivedAt: ago(1), replayedAt: began },
    ];
    await db
      .insert(callbacks)
      .values(journal.map((row, n) => ({ ...journalRow({ position: n + 1, ...row }), changed: [] })));
    graph = createGraph({ db });
  });

  async function ordered(args: string): Promise<unknown> {
    const { data, errors } = await graph.ask(
      `{ banks(${args}) { edges { cursor node { bankId } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`,
    );
    expect(errors).toBeUndefined();
    return at(data, 'banks');
  }
  const idsOf = (page: unknown): unknown => {
    const edges = at(page, 'edges');
    return Array.isArray(edges) ? edges.map((edge) => at(edge, 'node', 'bankId')).join(' ') : edges;
  };

  test.each([
    ['orderBy: { field: FAILED }', 'a c d b'],
    ['orderBy: { field: FAILED, direction: ASC }', 'b d c a'],
    ['orderBy: { field: STALLED }', 'b a d c'],
    ['orderBy: { field: STALLED, direction: ASC }', 'c d a b'],
    ['orderBy: { field: BANK_ID }', 'd c b a'],
    ['first: 20', 'a b c d'],
  ])('banks(%s): those of the last hour count, ties go by id', async (args, expected) => {
    expect(idsOf(await ordered(args))).toBe(expected);
  });

  test.each(['FAILED', 'STALLED', 'BANK_ID'])(
    'a list of banks by %s is walked both ways without a gap',
    async (field) => {
      const order = `orderBy: { field: ${field} }`;
      const whole = idsOf(await ordered(order));
      const walked: unknown[] = [];
      let after = '';
      for (let n = 0; n < 4; n += 1) {
        const page = await ordered(`${order}, first: 1 ${after}`);
        walked.push(idsOf(page));
        expect(at(page, 'pageInfo')).toMatchObject({ hasNextPage: n < 3, hasPreviousPage: n > 0 });
        after = `, after: ${JSON.stringify(at(page, 'pageInfo', 'endCursor'))}`;
      }
      expect(walked.join(' ')).toBe(whole);
      const back = await ordered(`${order}, last: 2, ${after.replace(', after', 'before')}`);
      expect(idsOf(back)).toBe(walked.slice(1, 3).join(' '));
    },
  );

  test('health counts what was touched in the given minutes', async () => {
    const document = `{ banks(first: 20) { edges { node { bankId
      hour: health { ${COUNTS} since } longer: health(minutes: 75) { ${COUNTS} since } } } } }`;
    const { data, errors } = await graph.ask(document);
    expect(errors).toBeUndefined();
    const edges = at(data, 'banks', 'edges');
    const health = (bank: number, name: string) => at(edges, bank, 'node', name);
    expect(health(0, 'hour')).toMatchObject({ sessions: 3, failed: 2, pending: 1, stalled: 1 });
    expect(health(1, 'hour')).toMatchObject({ sessions: 2, failed: 0, pending: 2, stalled: 2 });
    expect(health(1, 'longer')).toMatchObject({ sessions: 5, failed: 3, pending: 2, stalled: 2 });
    expect(health(2, 'hour')).toMatchObject({ sessions: 2, failed: 1, pending: 1, stalled: 0 });
    expect(health(2, 'longer')).toMatchObject({ sessions: 3, failed: 1, pending: 2, stalled: 1 });
    expect(health(3, 'longer')).toMatchObject({ sessions: 0, failed: 0, pending: 0, stalled: 0 });
    for (const [name, minutes] of [
      ['hour', 60],
      ['longer', 75],
    ] as const)
      expect(Math.abs(Date.parse(String(at(health(0, name), 'since'))) - ago(minutes))).toBeLessThan(MINUTE);
  });

  test('the overview counts a day, and in quarantine what was not replayed', async () => {
    const { data, errors } = await graph.ask('{ overview { callbacks { outcome count } quarantined } }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      overview: { callbacks: listed('outcome', FATES, { RECORDED: 1, QUARANTINED: 2 }), quarantined: 1 },
    });
  });

  test.each([0, -1, 10_081])('health(minutes: %i) is refused, with the range', async (minutes) => {
    const answer = await graph.ask(
      `{ banks { edges { node { health(minutes: ${minutes}) { sessions } } } } }`,
    );
    expect(codesOf(answer)[0]).toBe('BAD_USER_INPUT');
    expect(answer.errors?.[0]?.message).toMatch(/^minutes: .*10080/);
  });
});
