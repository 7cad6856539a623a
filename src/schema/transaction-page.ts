import type { Builder } from './builder.ts';

export function defineTransactionPage(builder: Builder): void {
  builder.objectType('TransactionPage', {
    description:
      "Dates are booking days. The first page of one account's transactions in one status, as far as it was reported: the largest count, the earliest and the latest days.",
    fields: (t) => ({
      accountId: t.exposeID('accountId', {
        description: "The aggregator's id of the account. Nothing relates it to an Account of this session.",
      }),
      transactionStatus: t.exposeString('transactionStatus', {
        description: "The status of the transactions, in the aggregator's own words, e.g. Booked.",
      }),
      transactionsCount: t.exposeInt('transactionsCount', {
        description: 'How many transactions the page holds, the most that was reported.',
      }),
      earliestAccountingDate: t.expose('earliestAccountingDate', {
        type: 'LocalDate',
        nullable: true,
        description: 'The first booking day; null when it was not reported.',
      }),
      latestAccountingDate: t.expose('latestAccountingDate', {
        type: 'LocalDate',
        nullable: true,
        description: 'The last booking day; null when it was not reported.',
      }),
      earliestEffectiveDate: t.expose('earliestEffectiveDate', {
        type: 'LocalDate',
        nullable: true,
        description: 'The first value date; null when it was not reported.',
      }),
      latestEffectiveDate: t.expose('latestEffectiveDate', {
        type: 'LocalDate',
        nullable: true,
        description: 'The last value date; null when it was not reported.',
      }),
      receivedAt: t.expose('receivedAt', {
        type: 'DateTime',
        description: 'When a callback about it was received last, repeats excepted.',
      }),
    }),
  });
}
