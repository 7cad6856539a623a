import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCallback } from '../../src/callbacks/parse.ts';
import { readReported } from '../../src/callbacks/reported.ts';
import type { Callback, Json, Parsed } from '../../src/domain/callback.ts';

// A failing property prints its seed; TEST_SEED runs it again.
const seed = process.env.TEST_SEED;
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });

const FIXTURES = new URL('../fixtures/', import.meta.url);
const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`${name}.json`, FIXTURES)));
const object = (name: string) => JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8'));
const bytes = (text: string) => new TextEncoder().encode(text);
const body = (value: unknown) => bytes(JSON.stringify(value));
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');

const session = object('session-status');
const accounts = object('session-accounts');
const page = object('transactions-page');
const payment = object('payment');
const MANY = '9'.repeat(20);

function applied(data: Uint8Array): Callback {
  const parsed = parseCallback(data);
  if (!parsed.ok) throw new Error(`quarantined: ${parsed.fault.reason}`);
  return parsed.callback;
}

function quarantined(data: Uint8Array): Extract<Parsed, { ok: false }> {
  const parsed = parseCallback(data);
  if (parsed.ok) throw new Error('applied');
  return parsed;
}

/** JSON whose value at `field` is this raw text, which no JavaScript value could be. */
function withRaw(value: object, field: string, raw: string): Uint8Array {
  return bytes(JSON.stringify({ ...value, [field]: '@@' }).replace('"@@"', raw));
}

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
        earliestAccountingDate: Date.UTC(2019, 1, 26),
        latestAccountingDate: Date.UTC(2019, 2, 20),
        earliestEffectiveDate: Date.UTC(2019, 1, 26),
        latestEffectiveDate: Date.UTC(2019, 2, 20),
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
          accountRelation: [],
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
        earliestAccountingDate: Date.UTC(2019, 1, 26),
        latestAccountingDate: Date.UTC(2019, 2, 20),
        earliestEffectiveDate: null,
        latestEffectiveDate: Date.UTC(2019, 2, 20),
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
    ['2019-02-26', Date.UTC(2019, 1, 26)],
    ['2019-02-26T13:05', Date.UTC(2019, 1, 26, 13, 5)],
    ['2019-02-26T13:05:09', Date.UTC(2019, 1, 26, 13, 5, 9)],
    ['2019-02-26T13:05:09.1', Date.UTC(2019, 1, 26, 13, 5, 9, 100)],
    ['2019-02-26T13:05:09.1239999Z', Date.UTC(2019, 1, 26, 13, 5, 9, 123)],
    ['2019-02-26T00:30:00+01:00', Date.UTC(2019, 1, 25, 23, 30)],
    ['2019-02-26T00:30:00-0130', Date.UTC(2019, 1, 26, 2, 0)],
    ['2020-02-29', Date.UTC(2020, 1, 29)],
    ['0001-01-01', -62_135_596_800_000],
    ['2019-02-29', null],
    ['2019-02-31T00:00:00Z', null],
    ['2019-13-01', null],
    ['2019-00-10', null],
    ['2019-01-00', null],
    ['2019-02-26T24:00:00Z', null],
    ['2019-02-26T13:60:00Z', null],
    ['0000-01-01', null],
    ['0001-01-01T00:00:00+01:00', null],
    ['+012019-02-26', null],
    ['26.02.2019', null],
    ['', null],
    [1551139200000, null],
  ])('the date %j is %j', (text, instant) => {
    expect(applied(body({ ...page, latestEffectiveDate: text }))).toMatchObject({
      page: { latestEffectiveDate: instant },
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

  test('ids of 256 characters and whole numbers to 2^53-1 are readable', () => {
    const long = 'x'.repeat(256);
    expect(
      applied(body({ ...session, sessionId: Number.MAX_SAFE_INTEGER, userId: -3, sessionExternalId: long })),
    ).toMatchObject({ sessionId: '9007199254740991', userId: '-3', externalId: long });
  });

  test('an unreadable bankId gives way to bank.id', () => {
    expect(applied(body({ ...session, bankId: '', bank: { id: 7 } }))).toMatchObject({
      bank: { bankId: '7' },
    });
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

  test('relations that JSON could not write back are dropped', () => {
    const raw = JSON.stringify(accounts).replace(
      '"accountRelation":[]',
      '"accountRelation":[1e400,"Owner",{"a":[1e999]}]',
    );
    expect(applied(bytes(raw))).toMatchObject({ accounts: [{ accountRelation: ['Owner'] }] });
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

describe('what is quarantined, with the path of the offending field', () => {
  const account = accounts.details.accounts[0];
  const withAccount = (second: unknown) => body({ ...accounts, details: { accounts: [account, second] } });
  const without = (value: object, field: string) => body({ ...value, [field]: undefined });

  test.each<[string, Uint8Array, string, string | null]>([
    ['an empty body', new Uint8Array(), '', null],
    ['blanks', bytes('  '), '', null],
    ['text that is not JSON', bytes('{"sessionId": „x"}'), '', null],
    ['a byte order mark', bytes(`\uFEFF${JSON.stringify(session)}`), '', null],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), '', null],
    ['a surrogate as UTF-8 bytes', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), '', null],
    ['UTF-16', new Uint8Array(Buffer.from(JSON.stringify(session), 'utf16le')), '', null],
    ['a scalar', bytes('7'), '', null],
    ['null', bytes('null'), '', null],
    ['an array', body([session]), '', null],
    ['an empty object', bytes('{}'), '', null],
    ['only __proto__', bytes('{"__proto__":{"sessionId":"s"}}'), '', null],
    ['an unknown shape', body({ bankId: 'b', isSca: true, details: null }), '', null],
    ['a NUL in a value', withRaw(session, 'userId', '"a\\u0000b"'), '/userId', 'SESSION_STATUS'],
    [
      'a NUL in an unknown field',
      withRaw(session, 'x', '[{"y":["","\\u0000"]}]'),
      '/x/0/y/1',
      'SESSION_STATUS',
    ],
    ['a NUL in a key', withRaw(session, 'x', '{"\\u0000":1}'), '/x', 'SESSION_STATUS'],
    ['a lone high surrogate', withRaw(payment, 'x', '"\\ud83d"'), '/x', 'PAYMENT'],
    ['a lone low surrogate', withRaw(page, 'x', '"\\ude00\\ud83d"'), '/x', 'TRANSACTION_PAGE'],
    [
      '33 levels',
      withRaw(session, 'x', '['.repeat(32) + ']'.repeat(32)),
      `/x${'/0'.repeat(31)}`,
      'SESSION_STATUS',
    ],
    ['20,000 nested arrays', bytes('['.repeat(20_000) + ']'.repeat(20_000)), '/0'.repeat(32), null],
    ['payment and session fields', body({ ...session, paymentId: 'p' }), '', null],
    ['payment and page fields', body({ ...payment, accountId: 'a' }), '', null],
    ['payment and accounts', body({ ...payment, details: accounts.details }), '', null],
    ['page fields and accounts', body({ ...page, details: { accounts: [] } }), '', null],
    ['no sessionId', without(session, 'sessionId'), '/sessionId', 'SESSION_STATUS'],
    ['an empty sessionId', body({ ...session, sessionId: '' }), '/sessionId', 'SESSION_STATUS'],
    [
      'an overlong sessionId',
      body({ ...session, sessionId: 'x'.repeat(257) }),
      '/sessionId',
      'SESSION_STATUS',
    ],
    ['accounts alone', body({ details: { accounts: [] } }), '/sessionId', 'ACCOUNTS'],
    ['a page without a session', body({ accountId: 'a' }), '/sessionId', 'TRANSACTION_PAGE'],
    ['no userId', without(session, 'userId'), '/userId', 'SESSION_STATUS'],
    ['a userId of another type', body({ ...session, userId: ['u'] }), '/userId', 'SESSION_STATUS'],
    ['no bank', body({ ...session, bankId: null, bank: {} }), '/bankId', 'SESSION_STATUS'],
    ['no stage', without(session, 'stage'), '/stage', 'SESSION_STATUS'],
    ['an unknown stage', body({ ...session, stage: 'Foo' }), '/stage', 'SESSION_STATUS'],
    ['a stage in another case', body({ ...session, stage: 'accounts' }), '/stage', 'SESSION_STATUS'],
    ['a stage in our own words', body({ ...session, stage: 'ACCOUNTS' }), '/stage', 'SESSION_STATUS'],
    ['no status', without(session, 'status'), '/status', 'SESSION_STATUS'],
    ['an unknown status', body({ ...session, status: 7 }), '/status', 'SESSION_STATUS'],
    ['a payment without paymentId', without(payment, 'paymentId'), '/paymentId', 'PAYMENT'],
    ['a payment without paymentStatus', without(payment, 'paymentStatus'), '/paymentStatus', 'PAYMENT'],
    ['payment status 0', body({ ...payment, paymentStatus: 0 }), '/paymentStatus', 'PAYMENT'],
    ['payment status "8"', body({ ...payment, paymentStatus: '8' }), '/paymentStatus', 'PAYMENT'],
    ['payment status 1.5', body({ ...payment, paymentStatus: 1.5 }), '/paymentStatus', 'PAYMENT'],
    ['a payment without bank', without(payment, 'bank'), '/bankId', 'PAYMENT'],
    ['a payment without user', without(payment, 'user'), '/user', 'PAYMENT'],
    ['a payment whose user is text', body({ ...payment, user: 'u' }), '/user', 'PAYMENT'],
    ['an unreadable user', body({ ...payment, user: { externalId: {} } }), '/user/externalId', 'PAYMENT'],
    ['an empty user id', body({ ...payment, user: { externalId: '' } }), '/user/externalId', 'PAYMENT'],
    ['an account that is no object', withAccount('BE2345'), '/details/accounts/1', 'ACCOUNTS'],
    ['an account that is null', withAccount(null), '/details/accounts/1', 'ACCOUNTS'],
    [
      'an account without number',
      withAccount({ accountType: 'x' }),
      '/details/accounts/1/accountNumber',
      'ACCOUNTS',
    ],
    ['a page without accountId', without(page, 'accountId'), '/accountId', 'TRANSACTION_PAGE'],
    ['a page without status', without(page, 'transactionStatus'), '/transactionStatus', 'TRANSACTION_PAGE'],
    ['a page without count', without(page, 'transactionsCount'), '/transactionsCount', 'TRANSACTION_PAGE'],
    ['a negative count', body({ ...page, transactionsCount: -1 }), '/transactionsCount', 'TRANSACTION_PAGE'],
    [
      'a count beyond 2^31-1',
      body({ ...page, transactionsCount: 2 ** 31 }),
      '/transactionsCount',
      'TRANSACTION_PAGE',
    ],
    [
      'a count that is a fraction',
      body({ ...page, transactionsCount: '1.5' }),
      '/transactionsCount',
      'TRANSACTION_PAGE',
    ],
    ['sessionId beyond 2^53-1', withRaw(session, 'sessionId', MANY), '/sessionId', 'SESSION_STATUS'],
    ['sessionId 2^53', withRaw(session, 'sessionId', '9007199254740992'), '/sessionId', 'SESSION_STATUS'],
    ['userId below -2^53', withRaw(session, 'userId', `-${MANY}`), '/userId', 'SESSION_STATUS'],
    ['userId 1e400', withRaw(session, 'userId', '1e400'), '/userId', 'SESSION_STATUS'],
    [
      'an external id beyond',
      withRaw(session, 'sessionExternalId', MANY),
      '/sessionExternalId',
      'SESSION_STATUS',
    ],
    [
      'a payment external id beyond',
      withRaw(payment, 'paymentExternalId', MANY),
      '/paymentExternalId',
      'PAYMENT',
    ],
    ['bankId beyond', withRaw(session, 'bankId', MANY), '/bankId', 'SESSION_STATUS'],
    [
      'bank.id beyond beside a good bankId',
      withRaw(session, 'bank', `{"id":${MANY}}`),
      '/bank/id',
      'SESSION_STATUS',
    ],
    [
      'user.externalId beyond',
      withRaw(payment, 'user', `{"externalId":${MANY}}`),
      '/user/externalId',
      'PAYMENT',
    ],
    ['paymentId beyond', withRaw(payment, 'paymentId', MANY), '/paymentId', 'PAYMENT'],
    ['accountId beyond', withRaw(page, 'accountId', MANY), '/accountId', 'TRANSACTION_PAGE'],
    [
      'accountNumber beyond',
      withRaw(accounts, 'details', `{"accounts":[{"accountNumber":${MANY}}]}`),
      '/details/accounts/0/accountNumber',
      'ACCOUNTS',
    ],
  ])('%s', (_, data, path, kind) => {
    const parsed = quarantined(data);
    expect({ path: parsed.fault.path, kind: parsed.kind }).toEqual({ path, kind });
    const field = path === '' ? 'body' : path.slice(1).replaceAll('/', '.');
    expect(['body', field]).toContain(parsed.fault.reason.slice(0, parsed.fault.reason.indexOf(':')));
    expect(parsed.digest).toBe(sha256(data));
  });

  test('a reason says what is wrong and what is allowed', () => {
    expect(quarantined(body({ ...session, stage: 'Foo' })).fault.reason).toBe(
      'stage: "Foo" is not one of Authentication, Accounts, AccountBalances, Transactions, TransactionDetails',
    );
    expect(quarantined(body({ ...payment, paymentStatus: 9 })).fault.reason).toBe(
      'paymentStatus: 9 is not one of Created (1), InProgress (2), Completed (3), Rejected (4), NotSupported (5), Cancelled (6), Expired (7)',
    );
    expect(quarantined(withRaw(session, 'userId', MANY)).fault.reason).toBe(
      'userId: is a number beyond 2^53-1; text of 1 to 256 characters or a whole number up to 2^53-1 is allowed',
    );
  });

  test('of an unknown word at most 40 characters are repeated, escaped', () => {
    const { reason } = quarantined(body({ ...session, status: `\n"${'x'.repeat(400)}` })).fault;
    expect(reason.startsWith(`status: "\\n\\"${'x'.repeat(38)}" is not one of Initiated, `)).toBe(true);
    const cut = quarantined(body({ ...session, status: `${'x'.repeat(39)}😀` })).fault.reason;
    expect(cut).toContain(`${'x'.repeat(39)}`);
    expect(cut).not.toMatch(/\p{Surrogate}/u);
  });

  test('a reason and a path never repeat ids, account numbers or other values', () => {
    const secret = 'CANARY';
    for (const data of [
      body({ ...session, sessionId: secret.repeat(100) }),
      body({ ...session, userId: { secret } }),
      body({ ...accounts, details: { accounts: [{ accountNumber: [secret] }] } }),
      body({ ...page, accountId: secret.repeat(100) }),
      body({ ...page, transactionsCount: secret }),
      body({ ...payment, user: { externalId: secret.repeat(50) } }),
      body({ ...payment, user: secret }),
    ]) {
      const { reason, path } = quarantined(data).fault;
      expect(reason + path).not.toContain(secret);
    }
  });

  test('the path of a hostile key can be stored, and is bounded', () => {
    const key = 'k'.repeat(100_000);
    expect(quarantined(withRaw(session, 'x', `{"${key}":"\\u0000"}`)).fault.path).toBe('/x');
    expect(quarantined(withRaw(session, 'x', '{"a/b~c":"\\u0000"}')).fault.path).toBe('/x/a~1b~0c');
  });
});

describe('what a body claims', () => {
  test('is read from a quarantined body as far as it is readable', () => {
    const data = body({ ...session, stage: 'Foo', userId: null, sessionExternalId: 9 });
    const reported = {
      sessionId: 'session-1',
      sessionExternalId: '9',
      paymentId: null,
      paymentExternalId: null,
      bankId: 'bank-75',
      stage: 'Foo',
      status: 'InProgress',
    };
    expect(quarantined(data).reported).toEqual(reported);
    expect(readReported(data)).toEqual(reported);
  });

  test('is read from an applied body in the words of the wire', () => {
    expect(readReported(fixture('session-status'))).toMatchObject({
      stage: 'Transactions',
      status: 'InProgress',
    });
    expect(readReported(fixture('payment-status-number'))).toMatchObject({
      paymentId: 'payment-status-number',
      bankId: '75',
      status: 'InProgress',
    });
  });

  test('is nothing where the body is no JSON object', () => {
    const nothing = Object.values(readReported(bytes('[{"sessionId":"s"}]')));
    expect(nothing).toHaveLength(7);
    expect(nothing.every((value) => value === null)).toBe(true);
  });

  test('holds nothing that the store could not keep', () => {
    const data = bytes(
      `{"sessionId":"a\\u0000","paymentId":"\\ud800","bankId":${MANY},"stage":"${'s'.repeat(255)}😀","status":"\\udfff"}`,
    );
    expect(readReported(data)).toMatchObject({
      sessionId: null,
      paymentId: null,
      bankId: null,
      stage: 's'.repeat(255),
      status: null,
    });
  });
});

describe('the digest', () => {
  const digest = (text: string) => {
    const parsed = parseCallback(bytes(text));
    expect(parsed.ok).toBe(true);
    return parsed.digest;
  };
  const extra = (json: string) => `${JSON.stringify(session).slice(0, -1)},"extra":${json}}`;

  test('is that of the canonical JSON, keys sorted by code unit', () => {
    const text =
      '{"userId":"u","stage":"Accounts","status":"Failed", "sessionId":"s","bankId":7,"é":[1.50,{}],"Z":null}';
    const canonical =
      '{"Z":null,"bankId":7,"sessionId":"s","stage":"Accounts","status":"Failed","userId":"u","é":[1.5,{}]}';
    expect(digest(text)).toBe(sha256(canonical));
  });

  test('is one for two spellings of the same value', () => {
    expect(digest(extra('"\\u00e9"'))).toBe(digest(extra('"é"')));
    expect(digest(extra('1.0'))).toBe(digest(extra('1')));
    expect(digest(extra('[ 1e2, 0.10 ]'))).toBe(digest(extra('[100,0.1]')));
    expect(digest(extra('"9999999999999999999999"'))).toBe(
      sha256(canonicalOf({ ...session, extra: '9999999999999999999999' })),
    );
  });

  test.each([
    ['9007199254740993', '9007199254740992'],
    ['0.12345678901234567890', '0.12345678901234567'],
    ['1.00000000000000000001', '1'],
    ['1e400', '2e400'],
    ['1e-400', '0'],
    ['[{"a":123456789.1234567891}]', '[{"a":123456789.1234567890}]'],
  ])('differs where only digits differ that JavaScript cannot hold: %s, %s', (one, other) => {
    expect(digest(extra(one))).not.toBe(digest(extra(other)));
    expect(digest(extra(one))).toBe(sha256(extra(one)));
  });

  test('is not misled by numbers and quotes inside text', () => {
    const awkward = { ...session, extra: ['\\', '"1e400', '\\"12345678901234567890', 5] };
    expect(digest(JSON.stringify(awkward, null, 2))).toBe(sha256(canonicalOf(awkward)));
  });

  test('differs for pages that differ only in account or transaction status', () => {
    const digests = ['transactions-page', 'transactions-page-pending', 'transactions-page-other-account'].map(
      (name) => parseCallback(fixture(name)).digest,
    );
    expect(new Set(digests).size).toBe(3);
  });
});

/** The oracle: canonical JSON written the slow way. */
function canonicalOf(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalOf).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalOf(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** The same value with every object's keys in another order, drawn from the numbers given. */
function shuffled(value: Json, draw: () => number): Json {
  if (Array.isArray(value)) return value.map((member) => shuffled(member, draw));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, member]) => ({
    at: draw(),
    entry: [key, shuffled(member, draw)] as const,
  }));
  return Object.fromEntries(entries.sort((a, b) => a.at - b.at).map(({ entry }) => entry));
}

describe('for whatever is sent', () => {
  const samples = [session, accounts, page, payment];
  const anyId = fc.oneof(fc.string(), fc.integer(), fc.jsonValue());
  const fields = Object.keys({ ...session, ...page, ...payment, progress: 1, toString: 1 });

  const text = fc.string({ unit: 'grapheme', maxLength: 8 });
  /** JSON whose numbers are all held to their last digit. */
  const { held } = fc.letrec<{ held: Json }>((tie) => ({
    held: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        fc.constant(null),
        fc.boolean(),
        text,
        fc.maxSafeInteger(),
        fc.integer().map((cents) => cents / 100),
      ),
      fc.array(tie('held'), { maxLength: 4 }),
      fc.dictionary(text, tie('held'), { maxKeys: 4 }),
    ),
  }));

  test('parsing never throws on any bytes, and the digest is that of the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const parsed = parseCallback(data);
        readReported(data);
        expect(parsed.digest).toBe(sha256(data));
      }),
      { numRuns: 1000 },
    );
  });

  test('parsing never throws on any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5, stringUnit: 'binary' }), (text) => {
        expect(parseCallback(bytes(text)).ok).toBe(false);
        readReported(bytes(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('parsing never throws on damaged samples, and a fault names its field and can be stored', () => {
    const damage = fc.dictionary(fc.constantFrom(...fields), anyId, { maxKeys: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...samples), damage, (sample, fault) => {
        const data = body({ ...sample, ...fault });
        const parsed = parseCallback(data);
        if (parsed.ok) return;
        expect(parsed.fault.reason).toMatch(/^[a-zA-Z0-9.]+: ./);
        expect(parsed.fault.path).toMatch(/^(\/.*)?$/s);
        const kept = JSON.stringify([parsed.fault, parsed.reported]);
        expect(kept).not.toMatch(/\\u0000|\\ud[89a-f]/);
      }),
      { numRuns: 2000 },
    );
  });

  test('any truncation of a sample is quarantined', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.nat(2000), (sample, length) => {
        const whole = body(sample);
        expect(parseCallback(whole.slice(0, length % whole.length)).ok).toBe(false);
      }),
    );
  });

  test('the digest is independent of the order of keys and of blanks', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.dictionary(text, held, { maxKeys: 5 }),
        fc.infiniteStream(fc.nat(1000)),
        fc.constantFrom('', ' ', '\t', '\r\n'),
        (sample, unknown, order, blank) => {
          const value = { ...sample, unknown };
          const first = parseCallback(body(value));
          const draw = () => order.next().value;
          const second = parseCallback(
            bytes(blank + JSON.stringify(shuffled(value, draw), null, blank) + blank),
          );
          if (first.ok) expect(second).toEqual(first);
          else expect(second.ok).toBe(false);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('two values have one digest exactly where they are equal', () => {
    fc.assert(
      fc.property(held, held, (one, other) => {
        const [first, second] = [one, other].map(
          (unknown) => parseCallback(body({ ...session, unknown })).digest,
        );
        // Through JSON and back: -0 is written as 0.
        const [a, b] = [one, other].map((value) => canonicalOf(JSON.parse(JSON.stringify(value))));
        expect(first === second).toBe(a === b);
      }),
    );
  });
});
