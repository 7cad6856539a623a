import type { Builder } from './builder.ts';

export function defineTransactionPage(builder: Builder): void {
  builder.objectType('TransactionPage', {
    description: 'Dates are booking days.',
    fields: (t) => ({
      accountId: t.exposeID('accountId'),
      transactionStatus: t.exposeString('transactionStatus'),
      transactionsCount: t.exposeInt('transactionsCount'),
      earliestAccountingDate: t.expose('earliestAccountingDate', { type: 'LocalDate', nullable: true }),
      latestAccountingDate: t.expose('latestAccountingDate', { type: 'LocalDate', nullable: true }),
      earliestEffectiveDate: t.expose('earliestEffectiveDate', { type: 'LocalDate', nullable: true }),
      latestEffectiveDate: t.expose('latestEffectiveDate', { type: 'LocalDate', nullable: true }),
      receivedAt: t.expose('receivedAt', { type: 'DateTime' }),
    }),
  });
}
