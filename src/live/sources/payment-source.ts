import type { ChangedPayment } from '../../domain/catch-up.ts';
import { admitsPayment, type PaymentFilter } from '../../domain/filters.ts';
import type { PaymentChange } from '../../domain/journal/entry.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import { mayReadPayment, type Viewer } from '../../domain/viewer.ts';
import type { PaymentChangeKind } from '../../domain/words.ts';
import { badInput } from '../../errors.ts';
import type { Topic } from '../topics.ts';
import type { Source, SourceParts } from './source.ts';
import { createStateSource } from './state-source.ts';

/** What `paymentStatusChanged` says; as SessionMessage. */
export interface PaymentMessage {
  readonly cursor: string;
  readonly kind: PaymentChangeKind;
  readonly recovered: boolean;
  readonly matches: boolean;
  readonly payment: Payment | null;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
}

/** What a viewer subscribes to; as SessionAsk. */
export interface PaymentAsk {
  readonly viewer: Viewer;
  readonly paymentId?: string | null | undefined;
  readonly externalId?: string | null | undefined;
  readonly filter?: PaymentFilter | null | undefined;
  readonly cursors?: readonly string[];
}

/** Throws BAD_USER_INPUT when asked by both ids. */
export function createPaymentSource(
  { hub, catchUp, now = Date.now }: SourceParts,
  { viewer, paymentId, externalId, filter, cursors = [] }: PaymentAsk,
): Source<PaymentMessage> {
  if (paymentId != null && externalId != null) {
    throw badInput('paymentId, externalId: give at most one of them.');
  }
  const named = paymentId != null ? { id: paymentId } : externalId != null ? { externalId } : null;
  const topic: Topic =
    paymentId != null
      ? `payment/${paymentId}`
      : externalId != null
        ? `payment-external/${externalId}`
        : manyTopic(viewer, filter);
  const admits = (payment: Payment) => filter == null || admitsPayment(filter, payment);

  return createStateSource<Payment, ChangedPayment, PaymentChange, PaymentMessage>(hub, {
    topic,
    share: JSON.stringify(['paymentStatusChanged', topic, filter ?? null]),
    cursors,
    followsNewest: externalId != null,
    one: named && (() => catchUp.payment(named, viewer)),
    head: () => catchUp.head(),
    fingerprintAt: (position) => catchUp.fingerprintAt(position),
    since: (position) => catchUp.paymentsSince(position, viewer),
    idOf: (payment) => payment.paymentId,
    mayRead: (payment) => mayReadPayment(viewer, payment),
    admits,
    mayHaveMatched: (payment) => filter != null && admitsPayment(unchanging(filter), payment),
    changeOf: ({ change }) => (change?.of === 'payment' ? change : null),
    subject: ({ payment }) => payment?.paymentId ?? null,
    snapshot: (cursor, recovered, payment) => ({
      cursor,
      kind: 'SNAPSHOT',
      recovered,
      matches: payment === null || admits(payment),
      payment,
      changedAt: payment?.updatedAt ?? now(),
    }),
    resumed: (cursor, matches, { state }) => ({
      cursor,
      kind: 'STATUS',
      recovered: true,
      matches,
      payment: state,
      changedAt: state.updatedAt,
    }),
    told: (cursor, matches, { kind, after: payment, changedAt }) => ({
      cursor,
      kind,
      recovered: true,
      matches,
      payment,
      changedAt,
    }),
  });
}

/** Where nobody but one user's payments can be told, only that user's are listened to. */
function manyTopic(viewer: Viewer, filter: PaymentFilter | null | undefined): Topic {
  const userId = viewer.isOperator ? (filter?.userExternalId ?? null) : (viewer.paymentUserId ?? '');
  return userId === null ? 'payments' : `payments-of/${userId}`;
}

/** The part of a filter that a payment meets always or never. An id that is null may come later, and then stays. */
function unchanging({ userExternalId, bankId, externalId, createdAt }: PaymentFilter): PaymentFilter {
  return { userExternalId, bankId, externalId, createdAt };
}
