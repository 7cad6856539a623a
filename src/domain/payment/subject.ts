import type { Subject } from '../subject.ts';
import type { Payment } from './payment.ts';

/** Payments, as any subject is read and published. The external id of their user is their owner. */
export const PAYMENT: Subject<Payment> = {
  name: 'payment',
  idOf: ({ paymentId }) => paymentId,
  ownerOf: ({ user }) => user.externalId,
  userOf: ({ paymentUserId }) => paymentUserId,
  changeOf: ({ change }) => (change?.of === 'payment' ? change : null),
  stalledOf: () => null,
  stallsAt: () => null,
};
