import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PAYMENT_STATUSES, toWire } from '../../src/domain/words.ts';
import type { Wire } from '../support/builders/histories.ts';
import { seeded } from '../support/builders/seed.ts';
import { visiblePayment } from '../support/builders/visible.ts';
import { longOr } from '../support/long.ts';
import { createMemoryStore, deliveryOf } from '../support/stores/memory-store.ts';

const base = { paymentId: 'payment-1', bank: { id: 75 }, user: { externalId: 'user-anna' } };

function paymentAfter(callbacks: readonly Wire[]) {
  const store = createMemoryStore();
  const outcomes = callbacks.map(
    (callback, at) => store.apply([deliveryOf(callback, at * 60_000)])[0]?.outcome,
  );
  const payment = store.payments.get('payment-1');
  if (payment === undefined) throw new Error('no payment came of it');
  return { payment, outcomes };
}

const reporting = (...statuses: string[]) =>
  statuses.map((paymentStatus): Wire => ({ ...base, paymentStatus }));

describe('a payment', () => {
  test.each(['Completed', 'Rejected', 'NotSupported', 'Cancelled', 'Expired'])(
    'is final once %s',
    (status) => {
      const { payment, outcomes } = paymentAfter(reporting('Created', status, 'InProgress', 'Created'));
      expect(payment).toMatchObject({
        status: PAYMENT_STATUSES.find((word) => toWire(word) === status),
        isFinal: true,
      });
      expect(payment).toMatchObject({ conflict: false, version: 3 });
      // However late, there is no restart: Created is a repeat.
      expect(outcomes).toEqual(['recorded', 'recorded', 'late', 'repeated']);
    },
  );

  test('with two different terminals is a conflict; the newest is shown', () => {
    const { payment, outcomes } = paymentAfter(reporting('Completed', 'Rejected', 'Completed'));
    expect(payment).toMatchObject({ status: 'REJECTED', isFinal: true, conflict: true });
    expect(payment.facts).toEqual(['COMPLETED', 'REJECTED']);
    expect(outcomes).toEqual(['recorded', 'recorded', 'repeated']);
  });

  test('comes to the same state in any order, tripled, without some of its non-terminals', () => {
    const statuses = fc.tuple(
      fc.subarray(['Created', 'InProgress']),
      fc.constantFrom('Completed', 'Rejected', 'Expired'),
    );
    const disorder = statuses.chain(([before, terminal]) => {
      const all = reporting(...before, terminal);
      return fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all, ...all, ...all], { minLength: all.length * 3 }),
      );
    });
    fc.assert(
      fc.property(disorder, fc.boolean(), ([all, sent], dropped) => {
        expect(visiblePayment(paymentAfter(sent).payment)).toEqual(visiblePayment(paymentAfter(all).payment));
        const { facts, ...rest } = visiblePayment(paymentAfter(dropped ? all.slice(-1) : sent).payment);
        expect(rest).toEqual({ ...visiblePayment(paymentAfter(all).payment), facts: undefined });
      }),
      seeded(longOr(1_000, 100)),
    );
  });
});
