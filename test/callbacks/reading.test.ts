import postgres from 'postgres';
import { beforeAll, expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { at, postCallback, query, send } from '../support/clients/client.ts';
import { startGateway } from '../support/gateways/gateway.ts';
import { eachStore } from '../support/stores/stores.ts';

const session = fields('session-status');
const page = fields('transactions-page');

eachStore('what the aggregator writes in other ways is read', (store) => {
  let url: string;
  beforeAll(async () => {
    ({ url } = await startGateway(store.config()));
  });

  const SESSION = `query($id: ID!) { session(sessionId: $id) {
    stage { name status } bank { bankId }
    accounts { accountNumber accountType accountRelation }
    transactionPages { accountId earliestAccountingDate latestAccountingDate earliestEffectiveDate latestEffectiveDate }
  } }`;
  const sessionOf = async (id: string) => at((await query(url, SESSION, { id })).data, 'session');

  const CALLBACK = `query($id: ID!) { callbacks(first: 1, filter: { sessionId: $id }) { edges { node {
    outcome deliveries body faults { path reason } unknownFields reported { userId }
  } } } }`;
  const newestOf = async (id: string) =>
    at((await query(url, CALLBACK, { id })).data, 'callbacks', 'edges', 0, 'node');

  const recorded = async (body: object | string) =>
    expect((await postCallback(url, body)).json).toMatchObject({ outcome: 'recorded' });

  it('a stage and a status in another letter case, with spaces around them', async () => {
    await recorded({ ...session, sessionId: 'case', stage: ' accounts', status: 'FINISHED ' });
    expect(await sessionOf('case')).toMatchObject({ stage: { name: 'ACCOUNTS', status: 'FINISHED' } });
    const payment = { ...fields('payment'), paymentId: 'case', paymentStatus: ' completed' };
    await recorded(payment);
    expect((await query(url, '{ payment(paymentId: "case") { status } }')).data).toEqual({
      payment: { status: 'COMPLETED' },
    });
  });

  it('a byte order mark: the body without it is a repeat, and the bytes are kept as they came', async () => {
    const plain = JSON.stringify({ ...session, sessionId: 'mark' });
    await recorded(`\uFEFF${plain}`);
    expect((await postCallback(url, plain)).json).toMatchObject({ outcome: 'repeated' });
    expect(await newestOf('mark')).toMatchObject({ deliveries: 2, body: `\uFEFF${plain}` });
  });

  it('dates of a page are the booking days as written, in the graph and over REST', async () => {
    const dates = {
      earliestAccountDate: '2019-02-26T00:00:00+02:00',
      latestAccountingDate: '9999-12-31T23:59:59.9999999',
      earliestEffectiveDate: '0001-01-01T00:00:00',
      latestEffectiveDate: '2019-03-20T23:30:00-05:00',
    };
    await recorded({ ...page, ...dates, sessionId: 'days' });
    await recorded({
      ...page,
      sessionId: 'days',
      earliestAccountDate: '2019-02-25',
      latestEffectiveDate: null,
    });
    const days = {
      earliestEffectiveDate: '2019-02-26',
      latestAccountingDate: '2019-03-20',
      latestEffectiveDate: '2019-03-20',
    };
    expect(await sessionOf('days')).toMatchObject({
      transactionPages: [{ accountId: 'account-1', earliestAccountingDate: '2019-02-25', ...days }],
    });
    const details = await send(`${url}/api/session/status/details?sessionId=days`);
    expect(details.json).toMatchObject({ transactions: [{ earliestAccountDate: '2019-02-25', ...days }] });
    expect(await newestOf('days')).toMatchObject({ faults: [] });
  });

  it('accounts whose numbers differ only in spaces, letter case or a missing type are one', async () => {
    const report = (status: string, ...accounts: object[]) =>
      recorded({ ...session, sessionId: 'accounts', stage: 'Accounts', status, details: { accounts } });
    await report('Initiated', { accountNumber: 'be71 0961 2345', accountRelation: 'Owner' });
    await report('InProgress', { accountNumber: 'BE7109612345', accountType: 1 });
    await report(
      'Finished',
      { accountNumber: ' BE71 09612345 ', accountType: null },
      { accountNumber: 'BE72', accountType: 2 },
    );
    expect(await sessionOf('accounts')).toMatchObject({
      accounts: [
        { accountNumber: 'be71 0961 2345', accountType: '1', accountRelation: ['Owner'] },
        { accountNumber: 'BE72', accountType: '2', accountRelation: [] },
      ],
    });
  });

  it('every identifier that was reported of a bank is kept, none of a bank that contradicts bankId', async () => {
    const report = (sessionId: string, bankId: string, id: string, secondaryIdentifiers: object) =>
      recorded({ ...session, sessionId, bankId, bank: { id, secondaryIdentifiers } });
    await report('bank-1', 'pairs', 'pairs', [
      { type: '1', value: 'ONEBEBB' },
      { type: '7', value: 'x' },
    ]);
    await report('bank-2', 'pairs', 'pairs', { 7: 'y', 1: 'ONEBEBB' });
    await report('bank-3', 'pairs', 'other', [{ type: '1', value: 'FALSEBB' }]);
    const document = `query($id: ID!) { session(sessionId: $id) { bank { bic secondaryIdentifiers { type value } } } }`;
    expect((await query(url, document, { id: 'bank-3' })).data).toEqual({
      session: {
        bank: {
          bic: 'ONEBEBB',
          secondaryIdentifiers: [
            { type: '1', value: 'ONEBEBB' },
            { type: '7', value: 'x' },
            { type: '7', value: 'y' },
          ],
        },
      },
    });
    expect(await newestOf('bank-3')).toMatchObject({ faults: [{ path: '/bank/id' }] });
  });

  it('an unreadable detail never costs the stage and the status: it is a fault of the callback', async () => {
    const { transactionsCount, ...rest } = page;
    const broken = {
      ...rest,
      sessionId: 'broken',
      status: 'Finished',
      isSca: 'perhaps',
      latestEffectiveDate: 'soon',
      transactionCount: transactionsCount,
    };
    await recorded(broken);
    expect(await sessionOf('broken')).toMatchObject({
      stage: { name: 'TRANSACTIONS', status: 'FINISHED' },
      transactionPages: [],
    });
    const expected = {
      outcome: 'RECORDED',
      faults: [
        { path: '/isSca', reason: 'isSca: is no flag; true, false, 1 or 0 is allowed' },
        {
          path: '/transactionsCount',
          reason: 'transactionsCount: is missing or is not a whole number from 0 to 2^31-1',
        },
        {
          path: '/latestEffectiveDate',
          reason: 'latestEffectiveDate: is not a day; text that begins YYYY-MM-DD is allowed',
        },
      ],
      unknownFields: ['/transactionCount'],
      reported: { userId: 'user-anna' },
    };
    expect(await newestOf('broken')).toMatchObject(expected);
    if (store.databaseUrl === null) return;
    // As version 0.1 left its rows: what it did not keep is read from the body.
    const sql = postgres(store.databaseUrl, { max: 1, onnotice: () => undefined });
    const kept = await sql`update callbacks set faults = null, unknown_fields = null
      where session_id = 'broken' returning 1`;
    await sql.end();
    expect(kept).toHaveLength(1);
    expect(await newestOf('broken')).toMatchObject(expected);
  });

  it('an account without a number and a page without an account are left out, the others kept', async () => {
    const accounts = [{ accountType: 'CurrentAccount' }, { accountNumber: 'BE2345' }];
    await recorded({ ...session, sessionId: 'left-out', status: 'Finished', details: { accounts } });
    expect(await sessionOf('left-out')).toMatchObject({
      stage: { status: 'FINISHED' },
      accounts: [{ accountNumber: 'BE2345' }],
    });
    expect(await newestOf('left-out')).toMatchObject({
      faults: [{ path: '/details/accounts/0/accountNumber' }],
    });
  });
});
