import type { Builder } from './builder.ts';

/** A day that may not have been reported. */
const day = (which: string) =>
  ({ type: 'LocalDate', nullable: true, description: `${which}; null when it was not reported.` }) as const;

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
      earliestAccountingDate: t.expose('earliestAccountingDate', day('The first booking day')),
      latestAccountingDate: t.expose('latestAccountingDate', day('The last booking day')),
      earliestEffectiveDate: t.expose('earliestEffectiveDate', day('The first value date')),
      latestEffectiveDate: t.expose('latestEffectiveDate', day('The last value date')),
      receivedAt: t.expose('receivedAt', {
        type: 'DateTime',
        description: 'When a callback about it was received last, repeats excepted.',
      }),
    }),
  });
}
