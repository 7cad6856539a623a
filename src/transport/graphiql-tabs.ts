/** One preset tab of GraphiQL, named after its operation. */
export interface PresetTab {
  readonly query: string;
  /** JSON text. */
  readonly variables?: string;
}

const SESSION = `# One session: where a person's bank connection stands. Run it with Ctrl-Enter.
# Try: another sessionId in the variables below, or session(externalId: "...").
# Nothing there yet? Post a callback first: the README's first five minutes.
query Session($sessionId: ID!) {
  session(sessionId: $sessionId) {
    sessionId
    externalId
    userId
    bank { bankId bic }
    outcome
    nextAction
    stage { name status progress { done total } }
    stages { name status attempt observed expected conflict }
    accounts { maskedNumber accountType manualAccountRelation }
    transactionPages { accountId transactionStatus transactionsCount }
    version
    updatedAt
  }
}
`;

const SESSIONS = `# The newest sessions, one page.
# Try: filter: { outcome: [FAILED, NEEDS_AUTHORIZATION] }
# Try: after: "<pageInfo.endCursor>" for the next page.
# liveCursor, handed to sessionStatusChanged as \`after\`, closes the gap between this list and what follows.
query Sessions {
  sessions(first: 20, orderBy: { field: UPDATED_AT }) {
    edges {
      node {
        sessionId
        userId
        bank { bankId }
        stage { name status }
        outcome
        updatedAt
      }
    }
    pageInfo { hasNextPage endCursor }
    liveCursor
  }
}
`;

const SESSION_CHANGES = `# Every session as it changes: run it, leave it running, and post a callback.
# The first message is a SNAPSHOT with a cursor; changes follow.
# Try: sessionStatusChanged(sessionId: "...") for one session, which then opens with its state.
# Try: filter: { outcome: [FAILED] }. A session that leaves the filter comes once more, with matches: false.
subscription SessionChanges {
  sessionStatusChanged {
    kind
    cursor
    matches
    changedAt
    stage { name status progress { done total } }
    session { sessionId outcome nextAction version }
  }
}
`;

const PAYMENT_CHANGES = `# Every payment as it changes: run it, leave it running, and post a payment callback.
# Try: paymentStatusChanged(paymentId: "...") for one payment.
subscription PaymentChanges {
  paymentStatusChanged {
    kind
    cursor
    changedAt
    payment { paymentId externalId status isFinal version }
  }
}
`;

const PAYMENTS = `# The newest payments, each with every status that was reported.
# Try: filter: { isFinal: false } for those still under way.
query Payments {
  payments(first: 20) {
    edges {
      node {
        paymentId
        externalId
        status
        isFinal
        conflict
        user { externalId }
        history { status receivedAt deliveries }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const CALLBACKS = `# The journal: every callback ever received, newest first.
# Try: filter: { outcome: [QUARANTINED] } for those that could not be applied; \`reason\` and \`path\` say why.
# Try: filter: { repeated: true } for those delivered more than once.
query Callbacks {
  callbacks(first: 20) {
    edges {
      node {
        position
        receivedAt
        kind
        outcome
        reason
        path
        deliveries
        reported { sessionId paymentId stage status }
        body
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

/** What GraphiQL opens with: each says in its first lines what to try. */
export const PRESET_TABS: readonly PresetTab[] = [
  { query: SESSION, variables: '{\n  "sessionId": "session-1"\n}' },
  { query: SESSIONS },
  { query: SESSION_CHANGES },
  { query: PAYMENT_CHANGES },
  { query: PAYMENTS },
  { query: CALLBACKS },
];
