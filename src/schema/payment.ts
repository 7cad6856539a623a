import type { Builder } from './builder.ts';
import { paymentGlobalId } from './global-id.ts';
import type { Vocabulary } from './vocabulary.ts';

export function definePayment(builder: Builder, { enums }: Vocabulary): void {
  builder.objectType('Payment', {
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({ resolve: ({ paymentId }) => paymentGlobalId(paymentId) }),
      paymentId: t.exposeID('paymentId'),
      externalId: t.exposeID('externalId', { nullable: true }),
      status: t.field({ type: enums.PaymentStatus, resolve: ({ status }) => status }),
      isFinal: t.exposeBoolean('isFinal'),
      conflict: t.exposeBoolean('conflict'),
      bank: t.field({ type: 'Bank', resolve: (payment) => payment }),
      user: t.field({ type: 'PaymentUser', resolve: ({ user }) => user }),
      history: t.field({
        type: ['PaymentStep'],
        description: 'Every status reported, oldest first.',
        resolve: ({ paymentId }, _, { reads }) => reads.paymentHistory(paymentId),
      }),
      version: t.exposeInt('version'),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  });

  builder.objectType('PaymentUser', {
    fields: (t) => ({
      externalId: t.exposeID('externalId', { nullable: true }),
      secondaryIdentifiers: t.field({
        type: ['SecondaryIdentifier'],
        resolve: ({ secondaryIdentifiers }) => secondaryIdentifiers,
      }),
    }),
  });

  builder.objectType('PaymentStep', {
    fields: (t) => ({
      status: t.field({ type: enums.PaymentStatus, resolve: ({ status }) => status }),
      receivedAt: t.expose('receivedAt', { type: 'DateTime' }),
      deliveries: t.exposeInt('deliveries'),
      position: t.string({ resolve: ({ position }) => String(position) }),
    }),
  });
}
