import { describe, expect, test } from 'vitest';
import { body, bytes, fields, quarantined, sha256, withRaw } from '../support/builders/samples.ts';

const session = fields('session-status');
const accounts = fields('session-accounts');
const page = fields('transactions-page');
const payment = fields('payment');

/** A number whose digits JavaScript cannot hold. */
const MANY = '9'.repeat(20);

describe('what is quarantined, with the path of the offending field', () => {
  const without = (value: object, field: string) => body({ ...value, [field]: undefined });

  test.each<[string, Uint8Array, string, string | null]>([
    ['an empty body', new Uint8Array(), '', null],
    ['blanks', bytes('  '), '', null],
    ['text that is not JSON', bytes('{"sessionId": „x"}'), '', null],
    ['a byte order mark alone', bytes('\uFEFF'), '', null],
    ['two byte order marks', bytes(`\uFEFF\uFEFF${JSON.stringify(session)}`), '', null],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), '', null],
    ['a surrogate as UTF-8 bytes', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), '', null],
    ['UTF-16', new Uint8Array(Buffer.from(JSON.stringify(session), 'utf16le')), '', null],
    ['a key twice', withRaw(session, 'x', '1,"userId":"other"'), '/userId', 'SESSION_STATUS'],
    ['a key twice, once escaped', withRaw(session, 'x', '1,"us\\u0065rId":"a"'), '/userId', 'SESSION_STATUS'],
    ['a key twice with the same value', withRaw(session, 'x', '1,"x" :1'), '/x', 'SESSION_STATUS'],
    [
      'a key twice in the depth, beside colons in text',
      withRaw(session, 'x', '["a:b\\"::",{"y":1,"z":{"":[], "":[]}}]'),
      '/x/1/z/',
      'SESSION_STATUS',
    ],
    ['__proto__ twice', withRaw(session, '__proto__', '1,"__proto__":2'), '/__proto__', 'SESSION_STATUS'],
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
    ['a stage with spaces within', body({ ...session, stage: 'Acc ounts' }), '/stage', 'SESSION_STATUS'],
    ['a stage in our own words', body({ ...session, stage: 'ACCOUNT_BALANCES' }), '/stage', 'SESSION_STATUS'],
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
