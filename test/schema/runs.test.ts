import { beforeAll, expect, test } from 'vitest';
import { at, postCallback, query, send, textAt } from '../support/clients/client.ts';
import { subscribeWs } from '../support/clients/subscribe-ws.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

const SESSION = `sessionId outcome nextAction lastHeardAt version updatedAt
  failedStage { name status restartSuspected }
  stage { name }
  stages { name status attempt restartSuspected attempts { number status conflict startedAt finishedAt } }
  accounts { maskedNumber current }
  transactionPages { accountId receivedAt }
  callbacks(first: 1) { edges { node { receivedAt deliveries changed version } } }`;
const ONE = `query ($sessionId: ID!) { session(sessionId: $sessionId) { ${SESSION} } }`;
const LIST = `query ($filter: SessionFilter) {
  sessions(filter: $filter) { edges { node { sessionId stage { name status } failedStage { name } } } } }`;

const [AUTHENTICATION, ACCOUNTS, TRANSACTIONS] = [0, 1, 3];
const account = (number: string) => ({ accountNumber: number, accountType: 'CurrentAccount' });

eachStore('a session that fails, is suspected to run again and runs again', (store) => {
  let url: string;

  beforeAll(async () => {
    // Every Initiated behind an end is then taken for a possible new run.
    ({ url } = await startGateway(store.config({ restartQuietMs: 0 })));
  });

  async function post(sessionId: string, stage: string, status: string, carried: object = {}): Promise<void> {
    const body = { sessionId, userId: 'anna', bankId: '75', stage, status, ...carried };
    expect((await postCallback(url, body)).status).toBe(200);
  }
  async function shown(sessionId: string): Promise<unknown> {
    const { data, errors } = await query(url, ONE, { sessionId });
    expect(errors).toBeUndefined();
    return at(data, 'session');
  }
  const listed = async (filter: object): Promise<unknown> =>
    at((await query(url, LIST, { filter })).data, 'sessions', 'edges');

  async function failAtTransactions(sessionId: string): Promise<void> {
    await post(sessionId, 'Authentication', 'Finished');
    const accounts = [account('BE2345'), account('BE9999')];
    await post(sessionId, 'Accounts', 'Finished', { details: { accounts } });
    await post(sessionId, 'Transactions', 'InProgress', {
      ...{ accountId: 'a-1', transactionStatus: 'Booked', transactionsCount: 7 },
    });
    await post(sessionId, 'Transactions', 'Failed');
  }

  test('names the stage that decides its end, in itself, in lists and in their filter', async () => {
    await failAtTransactions('fails');
    await post('fine', 'Transactions', 'Finished');
    await post('rejected', 'Authentication', 'AuthorizationFailed');
    expect(await shown('fails')).toMatchObject({
      outcome: 'PARTIALLY_SUCCEEDED',
      failedStage: { name: 'TRANSACTIONS', status: 'FAILED', restartSuspected: false },
    });
    const polled = await send(`${url}/api/session/status/details?sessionId=fails`);
    expect(polled.json).toMatchObject({
      stage: 'Transactions',
      status: 'Failed',
      failedStage: 'Transactions',
    });
    expect(await shown('fine')).toMatchObject({ outcome: 'SUCCEEDED', failedStage: null });
    expect(await listed({ bankId: '75', failedStage: ['TRANSACTIONS'] })).toMatchObject([
      { node: { sessionId: 'fails', failedStage: { name: 'TRANSACTIONS' } } },
    ]);
    expect(await listed({ failedStage: ['TRANSACTIONS', 'AUTHENTICATION'] })).toMatchObject([
      { node: { sessionId: 'rejected' } },
      { node: { sessionId: 'fails' } },
    ]);
    expect(await listed({ failedStage: [] })).toEqual([]);
    expect(await listed({ failedStage: ['ACCOUNTS'] })).toEqual([]);
  });

  test('says that a new run may have begun, publishes it, and shows the new run only once it is confirmed', async () => {
    const sessionId = 'again';
    await failAtTransactions(sessionId);
    const subscription = await subscribeWs(url, {
      query: `subscription ($sessionId: ID) { sessionStatusChanged(sessionId: $sessionId) {
        kind stage { name restartSuspected attempts { number status } } session { ${SESSION} } } }`,
      variables: { sessionId },
    });
    const change = async () => at((await subscription.next()).data, 'sessionStatusChanged');
    const before = at(await change(), 'session');

    await post(sessionId, 'Accounts', 'Initiated');
    expect(await change()).toMatchObject({
      kind: 'STATUS',
      stage: {
        name: 'ACCOUNTS',
        restartSuspected: true,
        attempts: [{ number: 1, status: 'FINISHED' }],
      },
      session: {
        version: Number(at(before, 'version')) + 1,
        outcome: 'PARTIALLY_SUCCEEDED',
        failedStage: { name: 'TRANSACTIONS' },
        accounts: [{ current: true }, { current: true }],
      },
    });

    await post(sessionId, 'Accounts', 'InProgress', { details: { accounts: [account('BE2345')] } });
    const running = await change();
    expect(running).toMatchObject({
      stage: {
        name: 'ACCOUNTS',
        restartSuspected: false,
        attempts: [
          { number: 1, status: 'FINISHED' },
          { number: 2, status: 'IN_PROGRESS' },
        ],
      },
      session: {
        outcome: 'PENDING',
        failedStage: null,
        stage: { name: 'ACCOUNTS' },
        accounts: [
          { maskedNumber: 'BE••45', current: true },
          { maskedNumber: 'BE••99', current: false },
        ],
      },
    });
    // Put back: unobserved, its earlier run still listed.
    expect(at(running, 'session', 'stages', TRANSACTIONS)).toMatchObject({
      status: null,
      attempt: 0,
      restartSuspected: false,
      attempts: [{ number: 1, status: 'FAILED', conflict: false }],
    });

    await post(sessionId, 'Accounts', 'Finished', { details: { accounts: [account('BE2345')] } });
    await post(sessionId, 'Transactions', 'Finished');
    const ended = await shown(sessionId);
    expect(ended).toMatchObject({
      outcome: 'SUCCEEDED',
      failedStage: null,
      accounts: [{ current: true }, { current: false }],
    });
    const attempts = at(ended, 'stages', TRANSACTIONS, 'attempts');
    expect(attempts).toMatchObject([
      { number: 1, status: 'FAILED' },
      { number: 2, status: 'FINISHED' },
    ]);
    const [startedAt, finishedAt] = [textAt(attempts, 0, 'startedAt'), textAt(attempts, 0, 'finishedAt')];
    expect(startedAt <= finishedAt).toBe(true);
    expect(finishedAt <= textAt(attempts, 1, 'startedAt')).toBe(true);
    expect(at(ended, 'stages', AUTHENTICATION, 'attempts')).toHaveLength(1);
    expect(at(ended, 'stages', ACCOUNTS, 'attempts')).toHaveLength(2);
    await subscription.close();
  });

  test('has as lastHeardAt the time when something new arrived, not a repeat', async () => {
    const sessionId = 'last-fact';
    await failAtTransactions(sessionId);
    const once = await shown(sessionId);
    const row = at(once, 'callbacks', 'edges', 0, 'node');
    expect(at(once, 'lastHeardAt')).toBe(at(row, 'receivedAt'));
    expect(at(once, 'transactionPages', 0, 'receivedAt')).not.toBeNull();
    await post(sessionId, 'Transactions', 'Failed');
    const again = await shown(sessionId);
    expect(at(again, 'callbacks', 'edges', 0, 'node', 'deliveries')).toBe(2);
    for (const field of ['lastHeardAt', 'version', 'updatedAt'])
      expect(at(again, field)).toBe(at(once, field));
  });

  test('raises its version and its ETag, and is published, with each fact that changes nothing else', async () => {
    const sessionId = 'facts';
    await post(sessionId, 'Accounts', 'Finished');
    const paths = ['status', 'status/details', 'Accounts/status', 'Transactions/status'];
    const tags = () =>
      Promise.all(
        paths.map(async (path) => {
          const { headers } = await send(`${url}/api/session/${path}?sessionId=${sessionId}`);
          return String(headers.etag);
        }),
      );
    const subscription = await subscribeWs(url, {
      query: `subscription { sessionStatusChanged(sessionId: "${sessionId}") { session { version } stage { facts { status } } } }`,
    });
    await subscription.next();
    const before = await tags();

    await post(sessionId, 'Accounts', 'InProgress');
    const { data } = await subscription.next();
    expect(at(data, 'sessionStatusChanged')).toEqual({
      session: { version: 2 },
      stage: { facts: [{ status: 'FINISHED' }, { status: 'IN_PROGRESS' }] },
    });
    expect(at(await shown(sessionId), 'callbacks', 'edges', 0, 'node')).toMatchObject({
      changed: [],
      version: 2,
    });
    const after = await tags();
    for (const [place, tag] of after.entries()) expect(tag).not.toBe(before[place]);
    await subscription.close();
  });
});
