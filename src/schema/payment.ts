import { PAYMENT } from '../domain/payment/subject.ts';
import type { Builder } from './builder.ts';
import { exactlyOne } from './exactly-one.ts';
import { factFields } from './fact-fields.ts';
import { GLOBAL_ID, paymentGlobalId } from './global-id.ts';
import { createStateConnections } from './list/connection.ts';
import { listArgs } from './list/list-args.ts';
import { OF_STATE, STATE } from './of-state.ts';
import { messageFields, stateTimes } from './state-fields.ts';
import { KIND, subscribeArgs, subscriptionArgs } from './subscription-parts.ts';
import type { Vocabulary } from './vocabulary.ts';

export function definePayment(builder: Builder, { enums }: Vocabulary): void {
  builder.objectType('Payment', {
    ...STATE,
    interfaces: [builder.nodeInterfaceRef()],
    description: 'One payment, as its callbacks reported it.',
    fields: (t) => ({
      id: t.id({ description: GLOBAL_ID, resolve: ({ paymentId }) => paymentGlobalId(paymentId) }),
      paymentId: t.exposeID('paymentId', { description: "The aggregator's id of the payment." }),
      externalId: t.exposeID('externalId', {
        nullable: true,
        description:
          'Your own id of it, as it was given to the aggregator; null where none was. Several payments may share one.',
      }),
      status: t.expose('status', {
        type: enums.PaymentStatus,
        description: 'Where it stands; of two different ends the newest.',
      }),
      isFinal: t.exposeBoolean('isFinal', {
        description:
          'Whether it has ended: COMPLETED, REJECTED, NOT_SUPPORTED, CANCELLED or EXPIRED. A screen may go on.',
      }),
      conflict: t.exposeBoolean('conflict', {
        description: 'Whether two different ends were reported; both stand in `history`.',
      }),
      bank: t.field({
        type: 'Bank',
        description: 'The bank that the payment is made at.',
        resolve: (payment) => payment,
      }),
      user: t.expose('user', {
        type: 'PaymentUser',
        description: 'The person who pays: they and operators see the payment.',
      }),
      history: t.field({
        type: ['PaymentStep'],
        description: 'Every status reported, oldest first.',
        resolve: ({ paymentId }, _, context) => context.reads.facts.ofPayment(paymentId, context),
      }),
      version: t.exposeInt('version', {
        description: 'Rises with every change of this payment; a cache keeps the higher.',
      }),
      ...stateTimes(t),
    }),
  });

  builder.objectType('PaymentUser', {
    description: 'The person who pays, as the aggregator named them.',
    fields: (t) => ({
      externalId: t.exposeID('externalId', {
        nullable: true,
        description: 'Your own id of the person; null where none was reported.',
      }),
      secondaryIdentifiers: t.expose('secondaryIdentifiers', {
        type: ['SecondaryIdentifier'],
        description: 'Every other identifier that was reported, in the order first seen; at most 100.',
      }),
    }),
  });

  builder.objectType('PaymentStep', {
    description: 'One status that was reported of a payment, by one callback or several.',
    fields: (t) => ({
      status: t.expose('status', { type: enums.PaymentStatus, description: 'The status that was reported.' }),
      ...factFields(t),
    }),
  });
}

export function definePaymentQueries(builder: Builder, { inputs, connections }: Vocabulary): void {
  const connectionOf = createStateConnections(PAYMENT);
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
      resolve: (_, { paymentId, externalId }, context) =>
        context.reads.payments.find(exactlyOne('paymentId', paymentId, externalId), context),
    }),
    payments: t.field({
      type: connections.PaymentConnection,
      description:
        'Payments that the viewer may see, 20 a page unless `first` or `last` says otherwise, the newest first.',
      args: listArgs(t.arg, inputs.PaymentFilter, inputs.PaymentOrder, 'CREATED_AT DESC'),
      resolve: (_, args, context) => connectionOf(context.reads.payments, args, context),
    }),
  }));
}

export function definePaymentStatusChanged(builder: Builder, { enums, inputs }: Vocabulary): void {
  builder.objectType('PaymentStatusChange', {
    description: 'One message of paymentStatusChanged.',
    fields: (t) => {
      const { cursor, recovered, matches, changedAt } = messageFields(t, {
        subject: 'payment',
        recovered:
          'False only in a SNAPSHOT sent because the cursor could not be honoured, or because the store was put back or recomputed: forget what you hold and read your lists again.',
      });
      return {
        cursor,
        kind: t.field({
          type: enums.PaymentChangeKind,
          description: KIND,
          // Every change of a payment is one of its status.
          resolve: ({ kind }) => (kind === 'SNAPSHOT' ? kind : 'STATUS'),
        }),
        recovered,
        matches,
        payment: t.expose('state', {
          type: 'Payment',
          nullable: true,
          description:
            "The newest state when sent. Null only in a SNAPSHOT: it does not exist yet, is not the viewer's, or more than one was asked for.",
        }),
        changedAt,
      };
    },
  });

  builder.subscriptionField('paymentStatusChanged', (t) =>
    t.field({
      ...OF_STATE,
      type: 'PaymentStatusChange',
      description:
        'The newest state, whenever it changed: of one payment (paymentId or externalId, at most one), or of all that `filter` admits, or of all the viewer may see. `after`: newest cursor held; null or empty means none.',
      args: {
        paymentId: t.arg.id({ description: "One payment, by the aggregator's id." }),
        externalId: t.arg.id({
          description: 'One payment, by your own id: a newer one that bears it is followed.',
        }),
        ...subscriptionArgs(t.arg, inputs.PaymentFilter),
      },
      subscribe: (_, args, context) => context.live.paymentStatusChanged(subscribeArgs(args, context)),
      resolve: (message) => message,
    }),
  );
}
