import type { Builder } from './builder.ts';
import type { Vocabulary } from './vocabulary.ts';

export function definePaymentStatusChanged(builder: Builder, { enums, inputs }: Vocabulary): void {
  builder.objectType('PaymentStatusChange', {
    fields: (t) => ({
      cursor: t.exposeString('cursor'),
      kind: t.field({ type: enums.PaymentChangeKind, resolve: ({ kind }) => kind }),
      recovered: t.exposeBoolean('recovered'),
      matches: t.exposeBoolean('matches'),
      payment: t.field({ type: 'Payment', nullable: true, resolve: ({ payment }) => payment }),
      changedAt: t.expose('changedAt', { type: 'DateTime' }),
    }),
  });

  builder.subscriptionField('paymentStatusChanged', (t) =>
    t.field({
      type: 'PaymentStatusChange',
      args: {
        paymentId: t.arg.id(),
        externalId: t.arg.id(),
        filter: t.arg({ type: inputs.PaymentFilter }),
        after: t.arg.string(),
      },
      subscribe: (_, args, { live, viewer, after }) =>
        live.paymentStatusChanged({ ...args, viewer, besides: after }),
      resolve: (message) => message,
    }),
  );
}
