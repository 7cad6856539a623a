import type { Named } from '../../domain/catch-up.ts';
import { type Filter, type FilterFields, restrictionsOf } from '../../domain/filter.ts';
import { PAYMENT_FILTER, type PaymentFilter } from '../../domain/payment/filter.ts';
import type { Payment } from '../../domain/payment/payment.ts';
import { PAYMENT } from '../../domain/payment/subject.ts';
import { SESSION_FILTER, type SessionFilter } from '../../domain/session/filter.ts';
import type { Session } from '../../domain/session/session.ts';
import { SESSION } from '../../domain/session/subject.ts';
import { type Owner, ownerFor, type State } from '../../domain/subject.ts';
import type { Viewer } from '../../domain/viewer.ts';
import { badInput } from '../../errors.ts';
import { topicOfMany, topicOfOne } from '../topics.ts';
import { type CallbackMessage, CallbackSource, type CallbackSubscribeArgs } from './callback-source.ts';
import type { Source, SourceParts } from './source.ts';
import type { StateMessage } from './state-message.ts';
import { type StateKind, StateSource } from './state-source.ts';

const NO_CURSORS: readonly string[] = [];

/** The arguments of a subscription to states, except its id. */
interface StateSubscribeArgs<F> {
  readonly viewer: Viewer;
  /** At most one of the two ids; without one: all states that the viewer may see and `filter` admits. */
  readonly externalId?: string | null | undefined;
  readonly filter?: F | null | undefined;
  /** All cursors that the client sent: the furthest that can be honoured counts. Without one: a SNAPSHOT. */
  readonly cursors?: readonly string[];
}

export interface SessionSubscribeArgs extends StateSubscribeArgs<SessionFilter> {
  readonly sessionId?: string | null | undefined;
}

export interface PaymentSubscribeArgs extends StateSubscribeArgs<PaymentFilter> {
  readonly paymentId?: string | null | undefined;
}

/** The three subscriptions of the graph: docs/subscriptions.md says what they promise. */
export interface Subscriptions {
  /** Throws BAD_USER_INPUT where both ids are given. */
  sessionStatusChanged(args: SessionSubscribeArgs): Source<StateMessage<Session>>;
  /** Throws BAD_USER_INPUT where both ids are given. */
  paymentStatusChanged(args: PaymentSubscribeArgs): Source<StateMessage<Payment>>;
  /** Throws FORBIDDEN unless the viewer is an operator. */
  callbackRecorded(args: CallbackSubscribeArgs): Source<CallbackMessage>;
}

export function createSubscriptions(parts: SourceParts): Subscriptions {
  const { sessions: sessionStates, payments: paymentStates } = parts.catchUp;
  const sessions = { field: 'sessionStatusChanged', subject: SESSION, states: sessionStates };
  const payments = { field: 'paymentStatusChanged', subject: PAYMENT, states: paymentStates };
  return {
    sessionStatusChanged: (args) =>
      sourceOf(parts, sessions, args, {
        filterFields: SESSION_FILTER,
        named: namedBy('sessionId', args.sessionId, args.externalId),
        wantedOwner: args.filter?.userId ?? null,
      }),
    paymentStatusChanged: (args) =>
      sourceOf(parts, payments, args, {
        filterFields: PAYMENT_FILTER,
        named: namedBy('paymentId', args.paymentId, args.externalId),
        wantedOwner: args.filter?.userExternalId ?? null,
      }),
    callbackRecorded: (args) => new CallbackSource(parts, args),
  };
}

interface Wanted<S extends State, Values> {
  readonly filterFields: FilterFields<S, Values>;
  readonly named: Named | null;
  /** The owner that the filter names; null where it names none. */
  readonly wantedOwner: Owner;
}

function sourceOf<S extends State, Values>(
  parts: SourceParts,
  kind: StateKind<S>,
  { viewer, filter = null, cursors = NO_CURSORS }: StateSubscribeArgs<Filter<Values>>,
  { filterFields, named, wantedOwner }: Wanted<S, Values>,
): Source<StateMessage<S>> {
  const { subject } = kind;
  // Where only one user's states can match, only their topic is followed. A viewer without a user has an empty topic.
  const owner = ownerFor(subject, viewer);
  const topic =
    named === null
      ? topicOfMany(subject.name, owner === null ? wantedOwner : (owner ?? ''))
      : topicOfOne(subject.name, named);
  const restrictions = restrictionsOf(filterFields, filter);
  return new StateSource(parts, kind, { viewer, named, topic, filter, restrictions, cursors });
}

function namedBy(
  idName: string,
  id: string | null | undefined,
  externalId: string | null | undefined,
): Named | null {
  if (id != null && externalId != null) throw badInput(`${idName}, externalId: give at most one of them.`);
  if (id != null) return { id };
  return externalId != null ? { externalId } : null;
}
