import type {
  CallbackKind,
  CallbackOutcome,
  NextAction,
  PaymentChangeKind,
  PaymentStatus,
  ProgressUnit,
  SessionChangeKind,
  SessionOutcome,
  StageName,
  StageStatus,
} from '../domain/words.ts';

/*
 * What each word of the graph's enums means for a person, and what a screen does. A word that is added to a set does not
 * compile until it has a meaning here. They stand in the order in which the graph has them.
 */
type Meanings<Word extends string> = Readonly<Record<Word, { readonly description: string }>>;

export const STAGE_NAME_MEANINGS = {
  AUTHENTICATION: { description: 'The person signs in at the bank.' },
  ACCOUNTS: { description: 'The accounts of the person are read.' },
  ACCOUNT_BALANCES: {
    description: 'The balances of the accounts are read. Not awaited unless EXPECTED_STAGES names it.',
  },
  TRANSACTIONS: {
    description: 'The transactions of each account are read. The last stage that is awaited by default.',
  },
  TRANSACTION_DETAILS: {
    description:
      'Details of the transactions are read. Not awaited unless EXPECTED_STAGES names it: the outcome is known before.',
  },
} as const satisfies Meanings<StageName>;

export const STAGE_STATUS_MEANINGS = {
  INITIATED: { description: 'It has begun.' },
  IN_PROGRESS: { description: 'It is under way.' },
  FINISHED: { description: 'It ended well.' },
  FAILED: { description: 'It ended with an error.' },
  AUTHORIZATION_FAILED: {
    description: 'It ended because the bank does not accept the authorization: the person signs in again.',
  },
  AUTHENTICATION_REQUIRED: { description: 'Obsolete at the aggregator: treat as AUTHORIZATION_FAILED.' },
} as const satisfies Meanings<StageStatus>;

export const SESSION_OUTCOME_MEANINGS = {
  PENDING: { description: 'More is awaited. A screen shows the stages and waits.' },
  SUCCEEDED: { description: 'All that was awaited has arrived. A screen goes on.' },
  PARTIALLY_SUCCEEDED: {
    description:
      'Nothing more is awaited, and not all has arrived. A screen goes on with what is there and says that something is missing: `failedStage` is where.',
  },
  FAILED: {
    description:
      'A stage failed, no account and no transaction arrived in this run, and nothing more is awaited. A screen says so and offers to start again.',
  },
  NEEDS_AUTHORIZATION: {
    description:
      'The person must sign in at the bank (again) before anything more arrives. A screen offers it.',
  },
} as const satisfies Meanings<SessionOutcome>;

export const NEXT_ACTION_MEANINGS = {
  WAIT: { description: 'Nothing but wait.' },
  REAUTHENTICATE: { description: 'Sign in at the bank again.' },
  NONE: { description: 'Nothing: the session is over, or starting again is for your application to offer.' },
} as const satisfies Meanings<NextAction>;

export const PROGRESS_UNIT_MEANINGS = {
  ACCOUNTS: { description: 'Accounts.' },
  TRANSACTIONS: { description: 'Transactions.' },
} as const satisfies Meanings<ProgressUnit>;

export const PAYMENT_STATUS_MEANINGS = {
  CREATED: { description: 'The payment is known to the aggregator. Wait.' },
  IN_PROGRESS: { description: 'It is under way. Wait.' },
  COMPLETED: { description: 'It went through. Final.' },
  REJECTED: { description: 'It was refused, and no money moves. Final.' },
  NOT_SUPPORTED: { description: 'The bank does not support such a payment. Final.' },
  CANCELLED: { description: 'It was cancelled. Final.' },
  EXPIRED: { description: 'It was not completed in time. Final.' },
} as const satisfies Meanings<PaymentStatus>;

export const SESSION_CHANGE_KIND_MEANINGS = {
  SNAPSHOT: { description: 'The state as it stands: how a subscription without an honoured cursor opens.' },
  STATUS: { description: "A stage's status was reported." },
  ACCOUNTS: { description: 'Accounts were reported.' },
  TRANSACTION_PAGE: { description: "The first page of an account's transactions was reported." },
} as const satisfies Meanings<SessionChangeKind>;

export const PAYMENT_CHANGE_KIND_MEANINGS = {
  SNAPSHOT: { description: 'The state as it stands: how a subscription without an honoured cursor opens.' },
  STATUS: { description: "The payment's status was reported." },
} as const satisfies Meanings<PaymentChangeKind>;

export const CALLBACK_KIND_MEANINGS = {
  SESSION_STATUS: { description: 'The status of a stage.' },
  ACCOUNTS: { description: 'The status of a stage, with accounts.' },
  TRANSACTION_PAGE: {
    description: "The status of a stage, with the first page of an account's transactions.",
  },
  PAYMENT: { description: 'The status of a payment.' },
} as const satisfies Meanings<CallbackKind>;

export const CALLBACK_OUTCOME_MEANINGS = {
  RECORDED: { description: 'It was applied.' },
  LATE: {
    description:
      'It was applied, but its status is not shown: its stage had got further, or it belongs to a run that is not shown.',
  },
  QUARANTINED: { description: 'It was kept and not applied: `reason` and `path` say why.' },
} as const satisfies Meanings<CallbackOutcome>;
