import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  applied,
  body,
  bytes,
  FIXTURES,
  fields,
  fixture,
  read,
  withRaw,
} from '../support/builders/samples.ts';

const session = fields('session-status');
const accounts = fields('session-accounts');
const page = fields('transactions-page');
const payment = fields('payment');

describe('the four shapes of the page', () => {
  test('a session status is read whole', () => {
    expect(applied(fixture('session-status'))).toEqual({
      kind: 'SESSION_STATUS',
      sessionId: 'session-1',
      externalId: 'session-1-external',
      userId: 'user-anna',
      bank: { bankId: 'bank-75', secondaryIdentifiers: [{ type: '1', value: 'BPKOPLPW' }] },
      isSca: true,
      stage: 'TRANSACTIONS',
      status: 'IN_PROGRESS',
      progress: null,
      accounts: [],
      page: null,
    });
  });

  test('a session status with accounts is read whole', () => {
    expect(applied(fixture('session-accounts'))).toMatchObject({
      kind: 'ACCOUNTS',
      stage: 'TRANSACTIONS',
      accounts: [
        {
          accountNumber: 'BE2345',
          accountType: 'CurrentAccount',
          accountRelation: [],
          manualAccountRelation: 'Owner',
        },
      ],
      page: null,
    });
  });

  test('a first transactions page is read whole', () => {
    expect(applied(fixture('transactions-page'))).toMatchObject({
      kind: 'TRANSACTION_PAGE',
      bank: { bankId: 'bank-75', secondaryIdentifiers: [] },
      accounts: [],
      page: {
        accountId: 'account-1',
        transactionStatus: 'Booked',
        transactionsCount: 100,
        earliestAccountingDate: '2019-02-26',
        latestAccountingDate: '2019-03-20',
        earliestEffectiveDate: '2019-02-26',
        latestEffectiveDate: '2019-03-20',
      },
    });
  });

  test('a payment is read whole', () => {
    expect(applied(fixture('payment'))).toEqual({
      kind: 'PAYMENT',
      paymentId: '1154cb8b-9f81-45b0-b451-c655e519da93',
      externalId: 'test_PISP_1506_sender',
      status: 'COMPLETED',
      bank: { bankId: '75', secondaryIdentifiers: [{ type: 'swiftBicCode', value: 'BPKOPLPW' }] },
      user: {
        externalId: 'regression_PISP_BPKOPLPW_2020-09-10T11:59:25.293Z',
        secondaryIdentifiers: [],
      },
    });
  });
});

describe('the traps', () => {
  test.each(readdirSync(FIXTURES).filter((name) => name.endsWith('.json')))('%s is applied', (name) => {
    applied(fixture(name.replace('.json', '')));
  });

  const bic = (type: string) => [{ type, value: 'BPKOPLPW' }];
  test.each<[string, object]>([
    ['session-status-numeric-bank-id', { bank: { bankId: '75', secondaryIdentifiers: [] } }],
    ['session-status-bank-id-only-in-bank', { bank: { bankId: 'bank-75', secondaryIdentifiers: bic('1') } }],
    ['session-status-identifiers-object', { bank: { secondaryIdentifiers: bic('swiftBicCode') } }],
    ['session-status-is-sca-boolean', { isSca: true }],
    ['session-status-is-sca-text', { isSca: false }],
    ['session-status-is-sca-number', { isSca: true }],
    ['session-status-is-sca-unreadable', { isSca: null }],
    ['session-status-account-balances', { stage: 'ACCOUNT_BALANCES', status: 'FINISHED' }],
    ['session-status-authentication-required', { status: 'AUTHENTICATION_REQUIRED' }],
    ['session-status-null-optionals', { externalId: null, isSca: null }],
    ['session-accounts-under-accounts', { kind: 'ACCOUNTS', stage: 'ACCOUNTS' }],
    ['session-accounts-under-authentication', { kind: 'ACCOUNTS', stage: 'AUTHENTICATION' }],
    ['session-accounts-empty', { kind: 'ACCOUNTS', accounts: [] }],
    ['session-progress-at-top', { kind: 'SESSION_STATUS', progress: { done: 2, total: 3, unit: null } }],
    ['session-progress-in-details', { kind: 'SESSION_STATUS', progress: { done: 2, total: 3, unit: null } }],
    ['session-progress-in-details-accounts', { kind: 'SESSION_STATUS', progress: { unit: 'ACCOUNTS' } }],
    [
      'session-progress-in-details-transactions',
      { progress: { done: 40, total: 120, unit: 'TRANSACTIONS' } },
    ],
    ['transactions-page-pending', { page: { transactionStatus: 'Pending', transactionsCount: 3 } }],
    ['payment-text-bank-id', { bank: { bankId: 'bank-75' } }],
    ['payment-identifiers-array', { bank: { secondaryIdentifiers: bic('1') } }],
    ['payment-identifiers-array', { user: { secondaryIdentifiers: [{ type: 'iban', value: 'BE2345' }] } }],
    ['payment-status-number', { status: 'IN_PROGRESS' }],
    ['payment-status-number-text', { status: 'REJECTED' }],
    ['payment-user-without-id', { user: { externalId: null } }],
  ])('%s means %j', (name, meaning) => {
    expect(applied(fixture(name))).toMatchObject(meaning);
  });

  test('account numbers need not be IBANs and relations may be of any type', () => {
    expect(applied(fixture('session-accounts-awkward'))).toMatchObject({
      accounts: [
        {
          accountNumber: '1234567890',
          accountType: null,
          accountRelation: ['Owner', 7, { type: 'CoOwner', since: 2019 }, ['x']],
          manualAccountRelation: '',
        },
        {
          accountNumber: 'not an IBAN / 12',
          accountType: null,
          accountRelation: ['Owner'],
          manualAccountRelation: null,
        },
      ],
    });
  });

  test('a page is read in its other spellings, and an unreadable date is null', () => {
    expect(applied(fixture('transactions-page-spellings'))).toMatchObject({
      page: {
        accountId: '17',
        transactionsCount: 100,
        earliestAccountingDate: '2019-02-26',
        latestAccountingDate: '2019-03-20',
        earliestEffectiveDate: null,
        latestEffectiveDate: '2019-03-20',
      },
    });
  });

  test.each([
    [true, true],
    [false, false],
    ['true', true],
    ['TRUE', true],
    ['False', false],
    [0, false],
    [1, true],
    ['0', false],
    ['1', true],
    [2, null],
    ['yes', null],
    [null, null],
    [[true], null],
  ])('isSca %j is %j', (isSca, meaning) => {
    expect(applied(body({ ...session, isSca }))).toMatchObject({ isSca: meaning });
  });

  test.each([
    ['Created', 'CREATED'],
    ['InProgress', 'IN_PROGRESS'],
    ['Completed', 'COMPLETED'],
    ['Rejected', 'REJECTED'],
    ['NotSupported', 'NOT_SUPPORTED'],
    ['Cancelled', 'CANCELLED'],
    ['Expired', 'EXPIRED'],
    [1, 'CREATED'],
    [7, 'EXPIRED'],
    ['5', 'NOT_SUPPORTED'],
  ])('paymentStatus %j is %s', (paymentStatus, status) => {
    expect(applied(body({ ...payment, paymentStatus }))).toMatchObject({ status });
  });

  test.each([
    ['2019-02-26', '2019-02-26'],
    [' 2019-02-26 ', '2019-02-26'],
    ['2019-02-26T13:05', '2019-02-26'],
    ['2019-02-26 23:59:59.1239999', '2019-02-26'],
    ['2019-02-26T00:00:00+02:00', '2019-02-26'],
    ['2019-02-26T23:30:00-0930', '2019-02-26'],
    ['2019-02-26T24:00:00Z', '2019-02-26'],
    ['2019-02-26+02:00', '2019-02-26'],
    ['2020-02-29', '2020-02-29'],
    ['2000-02-29', '2000-02-29'],
    ['9999-12-30', '9999-12-30'],
  ])('the booking day %j is the day as written: %j', (text, day) => {
    expect(read(body({ ...page, latestEffectiveDate: text }))).toMatchObject({
      callback: { page: { latestEffectiveDate: day } },
      faults: [],
    });
  });

  test.each(['0001-01-01', '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59.999Z', '', null])(
    'the date %j is none',
    (text) => {
      expect(read(body({ ...page, latestEffectiveDate: text }))).toMatchObject({
        callback: { page: { latestEffectiveDate: null } },
        faults: [],
      });
    },
  );

  test.each([
    '2019-02-29',
    '1900-02-29',
    '2019-02-31T00:00:00Z',
    '2019-04-31',
    '2019-13-01',
    '2019-00-10',
    '2019-01-00',
    '0000-01-01',
    '+012019-02-26',
    '26.02.2019',
    '2019-02-261',
    'soon',
    1551139200000,
    { day: 26 },
  ])('the date %j is null and a fault, and the page is kept', (text) => {
    expect(read(body({ ...page, latestEffectiveDate: text }))).toMatchObject({
      callback: { page: { latestEffectiveDate: null, latestAccountingDate: '2019-03-20' } },
      faults: [{ path: '/latestEffectiveDate' }],
    });
  });

  test.each([
    ['2/3', [2, 3]],
    [' 0 / 0 ', [0, 0]],
    ['2147483647/2147483647', [2147483647, 2147483647]],
    ['3/2', null],
    ['1/2147483648', null],
    ['-1/2', null],
    ['1/2/3', null],
    ['1.5/2', null],
    ['', null],
    [0.5, null],
  ])('progress %j is %j', (progress, ratio) => {
    const callback = applied(body({ ...session, progress }));
    expect(callback).toMatchObject({
      progress: ratio && { done: ratio[0], total: ratio[1], unit: null },
    });
  });

  test('progress is the first of its four places that is readable', () => {
    const details = { progress: 'soon', accounts: '1/4', transactions: '2/9' };
    expect(applied(body({ ...session, progress: 7, details }))).toMatchObject({
      progress: { done: 1, total: 4, unit: 'ACCOUNTS' },
    });
  });

  test.each([
    ['overlong', 'x'.repeat(257)],
    ['empty', ''],
    ['an object', { id: 1 }],
    ['a fraction', 1.5],
    ['null', null],
  ])('an optional id that is %s is null, and the callback is applied', (_, id) => {
    expect(applied(body({ ...session, sessionExternalId: id }))).toMatchObject({ externalId: null });
    expect(applied(body({ ...payment, paymentExternalId: id }))).toMatchObject({ externalId: null });
  });

  test.each([
    ['Accounts', 'InProgress'],
    ['ACCOUNTS', 'INPROGRESS'],
    ['accounts', 'inprogress'],
    [' Accounts ', 'InProgress\t'],
    ['\u00a0aCCounts', '\ninPROGRESS'],
  ])('stage %j and status %j are read in any letter case and with spaces around them', (stage, status) => {
    expect(applied(body({ ...session, stage, status }))).toMatchObject({
      stage: 'ACCOUNTS',
      status: 'IN_PROGRESS',
    });
  });

  test.each([' completed', 'COMPLETED ', ' 3 ', 3])('paymentStatus %j is COMPLETED', (paymentStatus) => {
    expect(applied(body({ ...payment, paymentStatus }))).toMatchObject({ status: 'COMPLETED' });
  });

  test('ids of 256 characters and whole numbers to 2^53-1 are readable', () => {
    const long = 'x'.repeat(256);
    expect(
      applied(body({ ...session, sessionId: Number.MAX_SAFE_INTEGER, userId: -3, sessionExternalId: long })),
    ).toMatchObject({ sessionId: '9007199254740991', userId: '-3', externalId: long });
  });

  test('a missing bankId gives way to bank.id, an unreadable one with a fault', () => {
    const bank = { id: 7 };
    expect(read(body({ ...session, bankId: '', bank }))).toMatchObject({
      callback: { bank: { bankId: '7' } },
      faults: [],
    });
    expect(read(body({ ...session, bankId: {}, bank }))).toMatchObject({
      callback: { bank: { bankId: '7' } },
      faults: [{ path: '/bankId' }],
    });
  });

  test('a body is the same with and without a byte order mark', () => {
    for (const name of ['session-status', 'session-accounts', 'transactions-page', 'payment']) {
      const plain = fixture(name);
      expect(read(Uint8Array.of(0xef, 0xbb, 0xbf, ...plain))).toEqual(read(plain));
    }
    const many = withRaw(session, 'extra', '1.00000000000000000001');
    expect(read(Uint8Array.of(0xef, 0xbb, 0xbf, ...many)).digest).toBe(read(many).digest);
  });

  test('a page may have a bank and null details; null fields are no marks of a shape', () => {
    expect(applied(body({ ...page, bank: { id: 1 }, details: null, paymentId: null })).kind).toBe(
      'TRANSACTION_PAGE',
    );
    expect(applied(body({ ...session, accountId: null, transactionsCount: null })).kind).toBe(
      'SESSION_STATUS',
    );
    expect(applied(body({ ...payment, sessionId: null, details: null })).kind).toBe('PAYMENT');
  });

  test('relations that JSON could not write back are left out, each a fault', () => {
    const raw = JSON.stringify(accounts).replace(
      '"accountRelation":[]',
      '"accountRelation":[1e400,"Owner",{"a":[1e999]}]',
    );
    expect(read(bytes(raw))).toMatchObject({
      callback: { accounts: [{ accountRelation: ['Owner'] }] },
      faults: [
        { path: '/details/accounts/0/accountRelation' },
        { path: '/details/accounts/0/accountRelation' },
      ],
    });
  });

  test('a key named __proto__ changes nothing but the digest', () => {
    const raw = JSON.stringify(session).replace('{', '{"__proto__":{"sessionId":"other","stage":"Nope"},');
    expect(applied(bytes(raw))).toEqual(applied(body(session)));
    const identifiers = bytes(
      JSON.stringify(payment).replace(
        '{"swiftBicCode":"BPKOPLPW"}',
        '{"__proto__":"BPKOPLPW","constructor":"x"}',
      ),
    );
    expect(applied(identifiers)).toMatchObject({
      bank: {
        secondaryIdentifiers: [
          { type: '__proto__', value: 'BPKOPLPW' },
          { type: 'constructor', value: 'x' },
        ],
      },
    });
  });

  test('32 levels are applied', () => {
    const nested = `${'['.repeat(31)}${']'.repeat(31)}`;
    applied(withRaw(session, 'extra', nested));
  });
});
