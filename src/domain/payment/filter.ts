import { type FilterOf, filterFields } from '../filter.ts';
import type { Payment } from './payment.ts';

const { id, words, flag, time, search } = filterFields<Payment>();

/** The filter of lists and subscriptions of payments. A field's name is that of its column. */
export const PAYMENT_FILTER = {
  search: search('A prefix of the payment or external id. Letter case counts.', (payment) => [
    payment.paymentId,
    payment.externalId,
  ]),
  userExternalId: id('The person who pays, by your own id.', ({ user }) => user.externalId),
  bankId: id("The bank, by the aggregator's id.", ({ bankId }) => bankId),
  externalId: id('Your own id of it.', ({ externalId }) => externalId),
  status: words('PaymentStatus', 'Where it stands.', ({ status }) => status),
  isFinal: flag('Whether it has ended.', ({ isFinal }) => isFinal),
  conflict: flag('Whether two different ends were reported.', ({ conflict }) => conflict),
  createdAt: time('When its first callback was received.', ({ createdAt }) => createdAt, { isLasting: true }),
  updatedAt: time('When its last callback was received.', ({ updatedAt }) => updatedAt),
};

export type PaymentFilter = FilterOf<typeof PAYMENT_FILTER>;
