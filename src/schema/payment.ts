import type { Builder } from './builder.ts';
import { paymentGlobalId } from './global-id.ts';
import type { Vocabulary } from './vocabulary.ts';

export function definePayment(builder: Builder, { enums }: Vocabulary): void {
  builder.objectType('Payment', {
    interfaces: [builder.nodeInterfaceRef()],
    description: 'One payment, as its callbacks reported it.',
    fields: (t) => ({
      id: t.id({
        description: 'Global and opaque, as every `id`.',
        resolve: ({ paymentId }) => paymentGlobalId(paymentId),
      }),
      paymentId: t.exposeID('paymentId', { description: "The aggregator's id of the payment." }),
      externalId: t.exposeID('externalId', {
        nullable: true,
        description:
          'Your own id of it, as it was given to the aggregator; null where none was. Several payments may share one.',
      }),
      status: t.field({
        type: enums.PaymentStatus,
        description: 'Where it stands; of two different ends the newest.',
        resolve: ({ status }) => status,
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
      user: t.field({
        type: 'PaymentUser',
        description: 'The person who pays: they and operators see the payment.',
        resolve: ({ user }) => user,
      }),
      history: t.field({
        type: ['PaymentStep'],
        description: 'Every status reported, oldest first.',
        resolve: ({ paymentId }, _, { reads }) => reads.paymentHistory(paymentId),
      }),
      version: t.exposeInt('version', {
        description: 'Rises with every change of this payment; a cache keeps the higher.',
      }),
      createdAt: t.expose('createdAt', {
        type: 'DateTime',
        description: 'When its first callback was received.',
      }),
      updatedAt: t.expose('updatedAt', {
        type: 'DateTime',
        description: 'When the last callback that is applied to it was received, repeats excepted.',
      }),
    }),
  });

  builder.objectType('PaymentUser', {
    description: 'The person who pays, as the aggregator named them.',
    fields: (t) => ({
      externalId: t.exposeID('externalId', {
        nullable: true,
        description: 'Your own id of the person; null where none was reported.',
      }),
      secondaryIdentifiers: t.field({
        type: ['SecondaryIdentifier'],
        description: 'Every other identifier that was reported, in the order first seen; at most 100.',
        resolve: ({ secondaryIdentifiers }) => secondaryIdentifiers,
      }),
    }),
  });

  builder.objectType('PaymentStep', {
    description: 'One status that was reported of a payment, by one callback or several.',
    fields: (t) => ({
      status: t.field({
        type: enums.PaymentStatus,
        description: 'The status that was reported.',
        resolve: ({ status }) => status,
      }),
      receivedAt: t.expose('receivedAt', {
        type: 'DateTime',
        description: 'When the first callback that reported it was received.',
      }),
      deliveries: t.exposeInt('deliveries', {
        description: 'How often it was delivered, all callbacks that reported it together.',
      }),
      position: t.string({
        description: 'Place in the journal of the first callback that reported it.',
        resolve: ({ position }) => String(position),
      }),
    }),
  });
}
