import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_FAULTS } from '../../src/callbacks/parse/fault-list.ts';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import type { Json } from '../../src/domain/journal/callback.ts';
import { body, bytes, fields, read, withRaw } from '../support/builders/samples.ts';
import { seeded } from '../support/builders/seed.ts';

const session = fields('session-status');
const accounts = fields('session-accounts');
const page = fields('transactions-page');
const payment = fields('payment');

/** A number whose digits JavaScript cannot hold. */
const MANY = '9'.repeat(20);

const withAccounts = (...members: Json[]) => body({ ...accounts, details: { accounts: members } });
const pathsOf = (data: Uint8Array) => read(data).faults.map(({ path }) => path);

describe('what cannot be read is left out and named, and the rest is applied', () => {
  test('an account without a readable number', () => {
    const good = { accountNumber: 'BE2345' };
    const data = withAccounts(
      'BE2345',
      null,
      {},
      { accountNumber: '' },
      { accountNumber: ' ' },
      { accountNumber: 'x'.repeat(257) },
      { accountNumber: [1] },
      good,
    );
    expect(read(data).callback).toMatchObject({ kind: 'ACCOUNTS', accounts: [good], status: 'IN_PROGRESS' });
    expect(pathsOf(data)).toEqual([
      '/details/accounts/0',
      '/details/accounts/1',
      ...[2, 3, 4, 5, 6].map((index) => `/details/accounts/${index}/accountNumber`),
    ]);
    const number = withRaw(accounts, 'details', `{"accounts":[{"accountNumber":${MANY}}]}`);
    expect(read(number).callback).toMatchObject({ accounts: [] });
    expect(pathsOf(number)).toEqual(['/details/accounts/0/accountNumber']);
  });

  test.each([
    ['accountId', undefined],
    ['accountId', ''],
    ['accountId', { id: 1 }],
    ['transactionStatus', null],
    ['transactionStatus', ['Booked']],
    ['transactionsCount', undefined],
    ['transactionsCount', -1],
    ['transactionsCount', 2 ** 31],
    ['transactionsCount', '1.5'],
  ])('a page whose %s is %j', (field, value) => {
    const parsed = read(body({ ...page, [field]: value }));
    expect(parsed.callback).toMatchObject({
      kind: 'TRANSACTION_PAGE',
      page: null,
      stage: 'TRANSACTIONS',
      status: 'IN_PROGRESS',
    });
    expect(parsed.faults).toMatchObject([{ path: `/${field}` }]);
  });

  test.each<[object, string, object]>([
    [{ ...session, isSca: 'yes' }, '/isSca', { isSca: null }],
    [{ ...session, sessionExternalId: 'x'.repeat(257) }, '/sessionExternalId', { externalId: null }],
    [{ ...payment, paymentExternalId: {} }, '/paymentExternalId', { externalId: null }],
    [{ ...session, progress: '3/2' }, '/progress', { progress: null }],
    [{ ...session, details: { progress: 7 } }, '/details/progress', { progress: null }],
    [{ ...session, details: { accounts: 'soon' } }, '/details/accounts', { progress: null }],
    [{ ...session, details: { transactions: [] } }, '/details/transactions', { progress: null }],
    [{ ...session, details: 'none yet' }, '/details', { progress: null }],
    [{ ...session, bank: 'bank-75' }, '/bank', { bank: { bankId: 'bank-75' } }],
    [{ ...session, bank: { id: [] } }, '/bank/id', { bank: { bankId: 'bank-75' } }],
    [
      { ...session, bank: { secondaryIdentifiers: 'BPKOPLPW' } },
      '/bank/secondaryIdentifiers',
      { bank: { secondaryIdentifiers: [] } },
    ],
    [
      { ...session, bank: { secondaryIdentifiers: [{ value: 'x' }, { type: 1, value: 'y' }] } },
      '/bank/secondaryIdentifiers/0',
      { bank: { secondaryIdentifiers: [{ type: '1', value: 'y' }] } },
    ],
    [
      { ...payment, user: { externalId: 'u', secondaryIdentifiers: { iban: {}, bic: 'B' } } },
      '/user/secondaryIdentifiers',
      { user: { externalId: 'u', secondaryIdentifiers: [{ type: 'bic', value: 'B' }] } },
    ],
  ])('%j: a fault at %s', (wire, path, meaning) => {
    const parsed = read(body(wire));
    expect(parsed.callback).toMatchObject(meaning);
    expect(parsed.faults).toMatchObject([{ path }]);
    expect(parsed.faults[0]?.reason).toMatch(/^[a-zA-Z0-9.]+: ./);
  });

  test('a type that is a number is kept as text, one of another kind is a fault', () => {
    const data = withAccounts(
      { accountNumber: 'a', accountType: 1 },
      { accountNumber: 'b', accountType: true },
      { accountNumber: 'c', accountType: '' },
    );
    expect(read(data).callback).toMatchObject({
      accounts: [{ accountType: '1' }, { accountType: null }, { accountType: null }],
    });
    expect(pathsOf(data)).toEqual(['/details/accounts/1/accountType']);
  });

  test('a relation that is no list is a list of one', () => {
    const data = withAccounts(
      { accountNumber: 'a', accountRelation: { type: 'Owner' } },
      { accountNumber: 'b', accountRelation: 0 },
      { accountNumber: 'c', accountRelation: null },
    );
    expect(read(data)).toMatchObject({
      callback: {
        accounts: [
          { accountRelation: [{ type: 'Owner' }] },
          { accountRelation: [0] },
          { accountRelation: [] },
        ],
      },
      faults: [],
    });
  });

  test('the identifiers of a bank that contradicts bankId are left out', () => {
    const parsed = read(body({ ...session, bankId: 'bank-76' }));
    expect(parsed.callback.bank).toEqual({ bankId: 'bank-76', secondaryIdentifiers: [] });
    expect(parsed.faults).toEqual([
      {
        path: '/bank/id',
        reason: 'bank.id: differs from bankId, which counts; the identifiers of this bank are left out',
      },
    ]);
    expect(read(body({ ...session, bankId: 75, bank: { id: '75' } })).faults).toEqual([]);
  });

  test('what is missing, null or empty is no fault', () => {
    const empty = { isSca: '', sessionExternalId: '', progress: null, details: '', bank: '' };
    expect(read(body({ ...session, ...empty })).faults).toEqual([]);
    const bank = { secondaryIdentifiers: [null, { type: '1' }, { type: '1', value: '' }] };
    expect(read(body({ ...session, bank })).faults).toEqual([]);
    for (const sample of [session, accounts, page, payment]) {
      expect(read(body(sample))).toMatchObject({ faults: [], unknownFields: [] });
    }
  });

  test('faults are bounded in number, and the last says how many more there are', () => {
    const { faults } = read(withAccounts(...Array.from({ length: 5_000 }, () => 0)));
    expect(faults).toHaveLength(MAX_FAULTS + 1);
    expect(faults.at(-1)).toEqual({
      path: '',
      reason: `body: has ${5_000 - MAX_FAULTS} more fields that could not be read`,
    });
  });

  test('no fault repeats a value, nor a name that the sender chose', () => {
    const names = Object.keys({ ...session, ...accounts, ...page, ...payment, progress: 1, details: 1 });
    const canary = fc.constantFrom<Json>('CANARY'.repeat(50), ['CANARY'], { CANARY: 'CANARY' }, [
      { CANARY: 1 },
    ]);
    const within = fc.constantFrom(
      'accounts',
      'progress',
      'transactions',
      'secondaryIdentifiers',
      'id',
      'accountNumber',
    );
    const nested = fc.tuple(within, canary).map(([name, value]): Json => ({ [name]: value }));
    const value = fc.oneof(
      canary,
      nested,
      nested.map((inner): Json => ({ accounts: [inner] })),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(session, accounts, page, payment),
        fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 }),
        (sample, damage) => {
          const { faults } = parseCallback(body({ ...sample, ...damage }));
          expect(JSON.stringify(faults)).not.toContain('CANARY');
          for (const { path } of faults) expect(path).toMatch(/^(\/[a-zA-Z]+(\/\d+)?)*$/);
        },
      ),
      seeded(1000),
    );
  });
});

describe('fields that are not known', () => {
  test('are named at every level that is known, and not below', () => {
    const wire = {
      ...accounts,
      connector: { deep: { er: 1 } },
      nothing: null,
      bank: { id: 'bank-75', logo: '', secondaryIdentifiers: [{ type: '1', value: 'v', country: 'BE' }] },
      details: { accounts: [{ accountNumber: 'a', iban: 1, stage: 'x' }], total: 2 },
      'a/b~c': 1,
    };
    expect(read(body(wire)).unknownFields).toEqual([
      '/*',
      '/bank/logo',
      '/bank/secondaryIdentifiers/0/country',
      '/connector',
      '/details/accounts/0/iban',
      '/details/accounts/0/stage',
      '/details/total',
      '/nothing',
    ]);
    expect(read(body({ ...payment, user: { externalId: 'u', name: 'n' } })).unknownFields).toEqual([
      '/user/name',
    ]);
  });

  test('of the types of identifiers none is a field', () => {
    const bank = { id: 'bank-75', secondaryIdentifiers: { anything: 'x', else: 'y' } };
    expect(read(body({ ...session, bank })).unknownFields).toEqual([]);
  });

  test('are named once for all members of a list, in a bounded number', () => {
    const members = Array.from({ length: 100 }, (_, index) => ({
      accountNumber: `n${index}`,
      currency: 'EUR',
    }));
    expect(read(withAccounts(...members)).unknownFields).toEqual(['/details/accounts/0/currency']);
    const letters = Array.from(
      { length: 200 },
      (_, n) => `x${String.fromCharCode(97 + (n % 26))}${'y'.repeat(n / 26)}`,
    );
    const many = Object.fromEntries(letters.map((name) => [name, 1]));
    expect(read(body({ ...session, ...many })).unknownFields).toHaveLength(50);
  });

  test.each([
    'BE71096123456769',
    '12',
    'a154cb8b-9f81-45b0',
    'anna@example.com',
    'Anna Smith',
    'x'.repeat(65),
    'é',
    '',
  ])('a name that may be a value is not shown: %j', (name) => {
    expect(read(body({ ...accounts, details: { [name]: 1 } })).unknownFields).toEqual(['/details/*']);
  });

  test('are named of a quarantined callback too, so that a renamed field is found', () => {
    const { stage, ...rest } = session;
    const parsed = parseCallback(body({ ...rest, phase: stage }));
    expect(parsed).toMatchObject({
      ok: false,
      fault: { path: '/stage' },
      faults: [],
      unknownFields: ['/phase'],
    });
    const proto = bytes(JSON.stringify(session).replace('{', '{"__proto__":{"x":1},'));
    expect(read(proto).unknownFields).toEqual(['/__proto__']);
  });
});
