/**
 * The closed sets of the domain, each listed once: the type, the Postgres enum, the GraphQL enum and the
 * parser are all made from these lists. Source: the aggregator's page "Callback services".
 */

/** Stages in the order in which a session passes them. */
export const STAGE_NAMES = [
  'AUTHENTICATION',
  'ACCOUNTS',
  'ACCOUNT_BALANCES',
  'TRANSACTIONS',
  'TRANSACTION_DETAILS',
] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** The statuses of a stage, in order of rank; the last three are terminal and share one rank. */
export const STAGE_STATUSES = [
  'INITIATED',
  'IN_PROGRESS',
  'AUTHENTICATION_REQUIRED',
  'FINISHED',
  'FAILED',
  'AUTHORIZATION_FAILED',
] as const;
export type StageStatus = (typeof STAGE_STATUSES)[number];

/** The statuses of a payment, in the aggregator's numbering: the first is 1. From COMPLETED on they are terminal. */
export const PAYMENT_STATUSES = [
  'CREATED',
  'IN_PROGRESS',
  'COMPLETED',
  'REJECTED',
  'NOT_SUPPORTED',
  'CANCELLED',
  'EXPIRED',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

export const SESSION_OUTCOMES = [
  'PENDING',
  'SUCCEEDED',
  'PARTIALLY_SUCCEEDED',
  'FAILED',
  'NEEDS_AUTHORIZATION',
] as const;
export type SessionOutcome = (typeof SESSION_OUTCOMES)[number];

export const NEXT_ACTIONS = ['WAIT', 'REAUTHENTICATE', 'NONE'] as const;
export type NextAction = (typeof NEXT_ACTIONS)[number];

const PROGRESS_UNITS = ['ACCOUNTS', 'TRANSACTIONS'] as const;
export type ProgressUnit = (typeof PROGRESS_UNITS)[number];

/** The four shapes that a callback can have: docs/callbacks.md. */
export const CALLBACK_KINDS = ['SESSION_STATUS', 'ACCOUNTS', 'TRANSACTION_PAGE', 'PAYMENT'] as const;
export type CallbackKind = (typeof CALLBACK_KINDS)[number];

/** The outcome of a callback in the journal. A repeat is RECORDED or LATE with deliveries above 1. */
export const CALLBACK_OUTCOMES = ['RECORDED', 'LATE', 'QUARANTINED'] as const;
export type CallbackOutcome = (typeof CALLBACK_OUTCOMES)[number];

/** Why a message about a session was sent. */
const SESSION_CHANGE_KINDS = ['SNAPSHOT', 'STATUS', 'ACCOUNTS', 'TRANSACTION_PAGE', 'STALLED'] as const;
export type SessionChangeKind = (typeof SESSION_CHANGE_KINDS)[number];

const PAYMENT_CHANGE_KINDS = ['SNAPSHOT', 'STATUS'] as const;
export type PaymentChangeKind = (typeof PAYMENT_CHANGE_KINDS)[number];

/** Why a message about a state was sent. */
export type ChangeKind = SessionChangeKind | PaymentChangeKind;

/** The sets by the names of their GraphQL enums. */
export const WORD_SETS = {
  StageName: STAGE_NAMES,
  StageStatus: STAGE_STATUSES,
  PaymentStatus: PAYMENT_STATUSES,
  SessionOutcome: SESSION_OUTCOMES,
  NextAction: NEXT_ACTIONS,
  ProgressUnit: PROGRESS_UNITS,
  CallbackKind: CALLBACK_KINDS,
  CallbackOutcome: CALLBACK_OUTCOMES,
  SessionChangeKind: SESSION_CHANGE_KINDS,
  PaymentChangeKind: PAYMENT_CHANGE_KINDS,
} as const;
export type WordSet = keyof typeof WORD_SETS;
export type Word<Set extends WordSet> = (typeof WORD_SETS)[Set][number];

/** How the aggregator writes one of these words: `ACCOUNT_BALANCES` is `AccountBalances` on the wire. */
export function toWire(word: string): string {
  return word.replace(/([A-Z])([A-Z]*)_?/g, (_, head: string, tail: string) => head + tail.toLowerCase());
}

/**
 * Reads the aggregator's spelling of one closed set, ignoring letter case and surrounding spaces; undefined for anything
 * that is not in the set.
 */
export function wireReader<T extends string>(words: readonly T[]): (text: string) => T | undefined {
  const byWire = new Map(
    words.flatMap((word): [string, T][] => [
      [toWire(word), word],
      [toWire(word).toLowerCase(), word],
    ]),
  );
  return (text) => byWire.get(text) ?? byWire.get(text.trim().toLowerCase());
}
