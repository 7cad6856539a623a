import { describe, expect, test } from 'vitest';
import { readReported } from '../../src/callbacks/parse/claims.ts';
import { body, bytes, fields, fixture, quarantined } from '../support/builders/samples.ts';

const session = fields('session-status');

/** A number whose digits JavaScript cannot hold. */
const MANY = '9'.repeat(20);

describe('what a body claims', () => {
  test('is read from a quarantined body as far as it is readable', () => {
    const data = body({ ...session, stage: 'Foo', userId: null, sessionExternalId: 9 });
    const reported = {
      userId: null,
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
      userId: 'user-anna',
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
    expect(nothing).toHaveLength(8);
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
