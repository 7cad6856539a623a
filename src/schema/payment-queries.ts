import type { ListOrderField } from '../db/read/list-reads.ts';
import type { PaymentFilter } from '../domain/filters.ts';
import type { Builder } from './builder.ts';
import { toConnection } from './list/connection.ts';
import { readPage } from './list/list-page.ts';
import { oneOf } from './one-of.ts';
import type { Vocabulary } from './vocabulary.ts';

export function definePaymentQueries(builder: Builder, { inputs, connections }: Vocabulary): void {
  builder.queryFields((t) => ({
    payment: t.field({
      type: 'Payment',
      nullable: true,
      description:
        "Exactly one argument. An externalId may be shared: then the payment created last. Null when absent or not the viewer's.",
      args: {
        paymentId: t.arg.id({ description: "The aggregator's id." }),
        externalId: t.arg.id({ description: 'Your own id.' }),
      },
      resolve: (_, { paymentId, externalId }, { reads, viewer }) => {
        const [by, id] = oneOf(['paymentId', paymentId], ['externalId', externalId]);
        return by === 'paymentId' ? reads.payment(id, viewer) : reads.paymentByExternalId(id, viewer);
      },
    }),
    payments: t.field({
      type: connections.PaymentConnection,
      description:
        'Payments that the viewer may see, 20 a page unless `first` or `last` says otherwise, the newest first.',
      args: {
        filter: t.arg({
          type: inputs.PaymentFilter,
          description: 'Only what it admits; all that the viewer may see without it.',
        }),
        orderBy: t.arg({ type: inputs.PaymentOrder, description: 'The order; without it CREATED_AT DESC.' }),
        ...t.arg.connectionArgs(),
      },
      resolve: async (_, args, { reads, viewer }) => {
        const page = readPage<PaymentFilter, ListOrderField>('payments', 'CREATED_AT', args);
        return toConnection('payments', page, await reads.payments(page, viewer), (payment, field) => ({
          at: field === 'CREATED_AT' ? payment.createdAt : payment.updatedAt,
          id: payment.paymentId,
        }));
      },
    }),
  }));
}
