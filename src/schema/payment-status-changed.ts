import { splitCursors } from '../domain/cursor.ts';
import type { Builder } from './builder.ts';
import type { Vocabulary } from './vocabulary.ts';

export function definePaymentStatusChanged(builder: Builder, { enums, inputs }: Vocabulary): void {
  builder.objectType('PaymentStatusChange', {
    description: 'One message of paymentStatusChanged.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description:
          "Opaque; good on every instance and for every subscription of this store. Also in the result's extensions.cursor and the SSE id.",
      }),
      kind: t.field({
        type: enums.PaymentChangeKind,
        description:
          'Why it was sent; of several conflated into one, the newest. For logs: never decide by it what to read.',
        resolve: ({ kind }) => kind,
      }),
      recovered: t.exposeBoolean('recovered', {
        description:
          'False only in a SNAPSHOT sent because the cursor could not be honoured, or because the store was put back or recomputed: forget what you hold and read your lists again.',
      }),
      matches: t.exposeBoolean('matches', {
        description: 'False when the payment no longer meets `filter`: take it off the list.',
      }),
      payment: t.field({
        type: 'Payment',
        nullable: true,
        description:
          "The newest state when sent. Null only in a SNAPSHOT: it does not exist yet, is not the viewer's, or more than one was asked for.",
        resolve: ({ payment }) => payment,
      }),
      changedAt: t.expose('changedAt', {
        type: 'DateTime',
        description: 'When the callback that made the change was received; with SNAPSHOT the last one.',
      }),
    }),
  });

  builder.subscriptionField('paymentStatusChanged', (t) =>
    t.field({
      type: 'PaymentStatusChange',
      description:
        'The newest state, whenever it changed: of one payment (paymentId or externalId, at most one), or of all that `filter` admits, or of all the viewer may see. `after`: newest cursor held; null or empty means none.',
      args: {
        paymentId: t.arg.id({ description: "One payment, by the aggregator's id." }),
        externalId: t.arg.id({
          description: 'One payment, by your own id: a newer one that bears it is followed.',
        }),
        filter: t.arg({
          type: inputs.PaymentFilter,
          description: 'Only what it admits; all that the viewer may see without it.',
        }),
        after: t.arg.string({
          description:
            'The newest cursor held; null or empty means none. Also taken from extensions.after and Last-Event-ID: the furthest counts.',
        }),
      },
      subscribe: (_, { after, ...args }, { live, viewer, cursors }) =>
        live.paymentStatusChanged({ ...args, viewer, cursors: [...splitCursors(after), ...cursors] }),
      resolve: (message) => message,
    }),
  );
}
