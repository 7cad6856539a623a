import type { JournalRow } from './journal/row.ts';
import type { Payment } from './payment/payment.ts';
import type { Instant, Session } from './session/session.ts';
import type {
  CallbackKind,
  CallbackOutcome,
  NextAction,
  PaymentStatus,
  SessionOutcome,
  StageName,
  StageStatus,
} from './words.ts';

/**
 * What a list or a subscription admits. Fields join by and, a list's values by or; an empty list admits nothing;
 * null or absent does not restrict. Source: contract.graphql. The same rules stand once more in SQL, for lists
 * (db/conditions.ts); a test holds both against each other.
 */
type Filter<Fields> = { readonly [K in keyof Fields]?: Fields[K] | null };

/** From inclusive, before exclusive. */
export type InstantRange = Filter<{ from: Instant; before: Instant }>;

export type SessionFilter = Filter<{
  userId: string;
  bankId: string;
  externalId: string;
  /** The current stage. */
  stage: readonly StageName[];
  /** Its status. */
  status: readonly StageStatus[];
  outcome: readonly SessionOutcome[];
  nextAction: readonly NextAction[];
  /** The stage that decides a bad end. */
  failedStage: readonly StageName[];
  conflict: boolean;
  createdAt: InstantRange;
  updatedAt: InstantRange;
}>;

export type PaymentFilter = Filter<{
  userExternalId: string;
  bankId: string;
  externalId: string;
  status: readonly PaymentStatus[];
  isFinal: boolean;
  conflict: boolean;
  createdAt: InstantRange;
  updatedAt: InstantRange;
}>;

export type CallbackFilter = Filter<{
  outcome: readonly CallbackOutcome[];
  kind: readonly CallbackKind[];
  sessionId: string;
  paymentId: string;
  bankId: string;
  /** Delivered more than once. */
  repeated: boolean;
  receivedAt: InstantRange;
}>;

const is = <T>(wanted: T | null | undefined, value: T | null): boolean => wanted == null || wanted === value;
const isOneOf = <T>(wanted: readonly T[] | null | undefined, value: T | null): boolean =>
  wanted == null || (value !== null && wanted.includes(value));
const isWithin = (range: InstantRange | null | undefined, at: Instant): boolean =>
  range == null || ((range.from == null || at >= range.from) && (range.before == null || at < range.before));

/** Whether the filter admits the session as it stands. */
export function admitsSession(filter: SessionFilter, session: Session): boolean {
  return (
    is(filter.userId, session.userId) &&
    is(filter.bankId, session.bankId) &&
    is(filter.externalId, session.externalId) &&
    isOneOf(filter.stage, session.stage) &&
    isOneOf(filter.status, session.status) &&
    isOneOf(filter.outcome, session.outcome) &&
    isOneOf(filter.nextAction, session.nextAction) &&
    isOneOf(filter.failedStage, session.failedStage) &&
    is(filter.conflict, session.conflict) &&
    isWithin(filter.createdAt, session.createdAt) &&
    isWithin(filter.updatedAt, session.updatedAt)
  );
}

/** Whether the filter admits the payment as it stands. */
export function admitsPayment(filter: PaymentFilter, payment: Payment): boolean {
  return (
    is(filter.userExternalId, payment.user.externalId) &&
    is(filter.bankId, payment.bankId) &&
    is(filter.externalId, payment.externalId) &&
    isOneOf(filter.status, payment.status) &&
    is(filter.isFinal, payment.isFinal) &&
    is(filter.conflict, payment.conflict) &&
    isWithin(filter.createdAt, payment.createdAt) &&
    isWithin(filter.updatedAt, payment.updatedAt)
  );
}

/** Whether the filter admits the journal row as it stands. */
export function admitsCallback(filter: CallbackFilter, row: JournalRow): boolean {
  return (
    isOneOf(filter.outcome, row.outcome) &&
    isOneOf(filter.kind, row.kind) &&
    is(filter.sessionId, row.sessionId) &&
    is(filter.paymentId, row.paymentId) &&
    is(filter.bankId, row.bankId) &&
    (filter.repeated == null || filter.repeated === row.deliveries > 1) &&
    isWithin(filter.receivedAt, row.receivedAt)
  );
}
