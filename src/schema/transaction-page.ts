import type { Builder } from './builder.ts';

export function defineTransactionPage(builder: Builder): void {
  builder.objectType('TransactionPage', {
    description: 'Dates are booking days at 00:00Z: show them in UTC.',
    fields: (t) => ({
      accountId: t.exposeID('accountId'),
      transactionStatus: t.exposeString('transactionStatus'),
      transactionsCount: t.exposeInt('transactionsCount'),
      earliestAccountingDate: t.expose('earliestAccountingDate', { type: 'DateTime', nullable: true }),
      latestAccountingDate: t.expose('latestAccountingDate', { type: 'DateTime', nullable: true }),
      earliestEffectiveDate: t.expose('earliestEffectiveDate', { type: 'DateTime', nullable: true }),
      latestEffectiveDate: t.expose('latestEffectiveDate', { type: 'DateTime', nullable: true }),
    }),
  });
}
