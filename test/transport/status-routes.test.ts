import { beforeAll, expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { type Answer, at, postCallback, send } from '../support/clients/client.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

eachStore('the polling routes', (store) => {
  let url: string;
  const status = fields('session-status');
  const session = { ...status, sessionId: 'poll-1', sessionExternalId: 'poll-ext', bankId: '75' };

  beforeAll(async () => {
    ({ url } = await startGateway(store.config()));
    await post({ ...session, stage: 'Authentication', status: 'Finished' });
    await post({ ...session, stage: 'Accounts', status: 'InProgress', progress: '2/3' });
    await post({
      ...session,
      stage: 'Accounts',
      status: 'InProgress',
      details: {
        accounts: [
          {
            accountNumber: 'BE2345',
            accountType: 'CurrentAccount',
            accountRelation: [],
            manualAccountRelation: 'Owner',
          },
        ],
      },
    });
  });

  async function post(body: object): Promise<void> {
    expect((await postCallback(url, body)).status).toBe(200);
  }
  const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    send(`${url}/api/session/${path}`, { headers });

  it('show the current stage in the words of the aggregator', async () => {
    const answer = await get('status?sessionId=poll-1');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('private, no-cache');
    expect(answer.json).toEqual({
      sessionId: 'poll-1',
      sessionExternalId: 'poll-ext',
      stage: 'Accounts',
      status: 'InProgress',
      progress: '2/3',
    });
    expect((await get('status?sessionExternalId=poll-ext')).text).toBe(answer.text);
  });

  it.each(['Authentication', 'authentication', 'AUTHENTICATION'])(
    'show one stage, named %s',
    async (stage) => {
      expect((await get(`${stage}/status?sessionId=poll-1`)).json).toEqual({
        sessionId: 'poll-1',
        sessionExternalId: 'poll-ext',
        stage: 'Authentication',
        status: 'Finished',
        progress: null,
      });
    },
  );

  it('show null for a stage that was never reported', async () => {
    expect((await get('TransactionDetails/status?sessionId=poll-1')).json).toMatchObject({
      stage: 'TransactionDetails',
      status: null,
      progress: null,
    });
  });

  it('show everything in the details', async () => {
    const page = fields('transactions-page');
    await post({ ...page, sessionId: 'poll-2', sessionExternalId: 'poll-2-ext', accountId: 'a-1' });
    const { json } = await get('status/details?sessionId=poll-2');
    expect(json).toMatchObject({
      sessionId: 'poll-2',
      stage: 'Transactions',
      status: 'InProgress',
      accounts: [],
    });
    expect(at(json, 'transactions')).toEqual([
      {
        accountId: 'a-1',
        transactionStatus: page.transactionStatus,
        transactionsCount: 100,
        earliestAccountDate: '2019-02-26',
        latestAccountingDate: '2019-03-20',
        earliestEffectiveDate: '2019-02-26',
        latestEffectiveDate: '2019-03-20',
      },
    ]);
    const first = (await get('status/details?sessionId=poll-1')).json;
    expect(at(first, 'failedStage')).toBeNull();
    expect(at(first, 'stages')).toEqual([
      { stage: 'Authentication', status: 'Finished', progress: null, restartSuspected: false },
      { stage: 'Accounts', status: 'InProgress', progress: '2/3', restartSuspected: false },
      { stage: 'AccountBalances', status: null, progress: null, restartSuspected: false },
      { stage: 'Transactions', status: null, progress: null, restartSuspected: false },
      { stage: 'TransactionDetails', status: null, progress: null, restartSuspected: false },
    ]);
    expect(at(first, 'accounts')).toEqual([
      {
        accountNumber: 'BE2345',
        maskedNumber: 'BE••45',
        accountType: 'CurrentAccount',
        accountRelation: [],
        manualAccountRelation: 'Owner',
        current: true,
      },
    ]);
  });

  it.each(['status', 'status/details', 'Accounts/status'])(
    'answer 304 on %s until something changes',
    async (path) => {
      const sessionId = `etag-${path}`;
      await post({ ...session, sessionId, stage: 'Accounts', status: 'Initiated' });
      const address = `${path}?sessionId=${encodeURIComponent(sessionId)}`;
      const etag = String((await get(address)).headers.etag);
      expect(etag).toMatch(/^"[^"]+"$/);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await get(address, { 'if-none-match': known });
        expect(again.status).toBe(304);
        expect(again.text).toBe('');
        expect(again.headers.etag).toBe(etag);
        expect(again.headers['cache-control']).toBe('private, no-cache');
      }
      await post({ ...session, sessionId, stage: 'Accounts', status: 'Finished' });
      const after = await get(address, { 'if-none-match': etag });
      expect(after.status).toBe(200);
      expect(after.headers.etag).not.toBe(etag);
    },
  );

  it('never take one session, or one stage, for another of the same version', async () => {
    await post({ ...session, sessionId: 'same-a', stage: 'Accounts', status: 'Initiated' });
    await post({ ...session, sessionId: 'same-b', stage: 'Accounts', status: 'Initiated' });
    const tags = await Promise.all(
      [
        'status?sessionId=same-a',
        'status?sessionId=same-b',
        'Accounts/status?sessionId=same-a',
        'Transactions/status?sessionId=same-a',
        'status/details?sessionId=same-a',
      ].map(async (path) => (await get(path)).headers.etag),
    );
    expect(new Set(tags).size).toBe(tags.length);
  });

  it('answer 404 to a session that is not there', async () => {
    for (const path of ['status', 'status/details', 'Accounts/status']) {
      const answer = await get(`${path}?sessionId=absent`);
      expect(answer.status).toBe(404);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(answer.json).toEqual({
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'No session of this name is known.',
      });
    }
  });

  it.each([
    'status',
    'status?sessionId=',
    'status?sessionId=poll-1&sessionExternalId=poll-ext',
    'status?sessionId=poll-1&sessionId=poll-2',
    'Accounts/status',
    'status/details',
  ])('answer 400 to %s, which does not name one session', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 });
  });

  it('answer 400 to an unknown stage, naming the known ones', async () => {
    const answer = await get('Nirvana/status?sessionId=poll-1');
    expect(answer.status).toBe(400);
    expect(at(answer.json, 'detail')).toBe(
      'Unknown stage; known are Authentication, Accounts, AccountBalances, Transactions, TransactionDetails.',
    );
  });

  it('say only ok of the process and of its store', async () => {
    for (const path of ['/healthz', '/readyz']) {
      expect(await send(url + path)).toMatchObject({ status: 200, text: 'ok' });
    }
  });

  it('answer 404 as a problem where nothing is served', async () => {
    for (const path of [
      '/',
      '/callback',
      '/api/session',
      '/graphql/nothing',
      '/graphql/assets/nothing',
      '/%zz',
    ]) {
      const answer = await send(url + path);
      expect([400, 404]).toContain(answer.status);
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    }
  });
});
