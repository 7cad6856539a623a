import type { Word, WordSet } from '../domain/words.ts';

/** What an enum says, and what each of its values means for a person and for a screen. */
interface Meaning<Value extends string> {
  /** It says what to do with a value that is added later. */
  readonly description: string;
  /** In the order of the graph. */
  readonly values: Readonly<Record<Value, { readonly description: string }>>;
}

/** The graph's enums that are closed sets of the domain: a word without a meaning does not compile. */
export const ENUM_MEANINGS = {
  StageName: {
    description: 'In the order of the road. Unknown to you: draw it by its name.',
    values: {
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
    },
  },
  StageStatus: {
    description: 'Unknown to you: treat as IN_PROGRESS.',
    values: {
      INITIATED: { description: 'It has begun.' },
      IN_PROGRESS: { description: 'It is under way.' },
      FINISHED: { description: 'It ended well.' },
      FAILED: { description: 'It ended with an error.' },
      AUTHORIZATION_FAILED: {
        description:
          'It ended because the bank does not accept the authorization: the person signs in again.',
      },
      AUTHENTICATION_REQUIRED: { description: 'Obsolete at the aggregator: treat as AUTHORIZATION_FAILED.' },
    },
  },
  SessionOutcome: {
    description:
      'Unknown to you: treat as PENDING. No outcome is final: a stage that runs again reopens the session.',
    values: {
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
    },
  },
  NextAction: {
    description: 'Unknown to you: treat as NONE.',
    values: {
      WAIT: { description: 'Nothing but wait.' },
      REAUTHENTICATE: { description: 'Sign in at the bank again.' },
      NONE: {
        description: 'Nothing: the session is over, or starting again is for your application to offer.',
      },
    },
  },
  ProgressUnit: {
    description: 'What progress counts. Unknown to you: show the numbers alone.',
    values: {
      ACCOUNTS: { description: 'Accounts.' },
      TRANSACTIONS: { description: 'Transactions.' },
    },
  },
  PaymentStatus: {
    description: 'Unknown to you: go by isFinal.',
    values: {
      CREATED: { description: 'The payment is known to the aggregator. Wait.' },
      IN_PROGRESS: { description: 'It is under way. Wait.' },
      COMPLETED: { description: 'It went through. Final.' },
      REJECTED: { description: 'It was refused, and no money moves. Final.' },
      NOT_SUPPORTED: { description: 'The bank does not support such a payment. Final.' },
      CANCELLED: { description: 'It was cancelled. Final.' },
      EXPIRED: { description: 'It was not completed in time. Final.' },
    },
  },
  SessionChangeKind: {
    description: 'Unknown to you: treat as STATUS.',
    values: {
      SNAPSHOT: {
        description: 'The state as it stands: how a subscription without an honoured cursor opens.',
      },
      STATUS: { description: "A stage's status was reported." },
      ACCOUNTS: { description: 'Accounts were reported.' },
      TRANSACTION_PAGE: { description: "The first page of an account's transactions was reported." },
      STALLED: {
        description:
          'Nothing new came for STALLED_AFTER_MS though more is awaited. Sent by the clock: version and cursor are those of before.',
      },
    },
  },
  PaymentChangeKind: {
    description: 'Why a message of paymentStatusChanged was sent. Unknown to you: treat as STATUS.',
    values: {
      SNAPSHOT: {
        description: 'The state as it stands: how a subscription without an honoured cursor opens.',
      },
      STATUS: { description: "The payment's status was reported." },
    },
  },
  CallbackKind: {
    description: 'What a callback reports.',
    values: {
      SESSION_STATUS: { description: 'The status of a stage.' },
      ACCOUNTS: { description: 'The status of a stage, with accounts.' },
      TRANSACTION_PAGE: {
        description: "The status of a stage, with the first page of an account's transactions.",
      },
      PAYMENT: { description: 'The status of a payment.' },
    },
  },
  CallbackOutcome: {
    description: 'A repeat is RECORDED or LATE with deliveries above 1.',
    values: {
      RECORDED: { description: 'It was applied.' },
      LATE: {
        description:
          'It was applied, but its status is not shown: its stage had got further, or it belongs to a run that is not shown.',
      },
      QUARANTINED: { description: 'It was kept and not applied: `reason` and `path` say why.' },
    },
  },
} as const satisfies { readonly [Set in WordSet]: Meaning<Word<Set>> };
