/** One preset tab of GraphiQL, named after its operation. */
export interface PresetTab {
  readonly query: string;
}

// Nothing here needs variables (GraphiQL fills in none for its first tab). In a window 1,280 pixels wide the editor shows
// 50 characters of a line: the rest is hidden behind its buttons.
const SESSION = `# One session: how far a bank connection is.
# Run it with Ctrl-Enter. Null? No callback
# came yet: press "Post a callback" below (in
# explore mode), and run it again.
# Try: session(externalId: "...") instead.
query Session {
  session(sessionId: "session-1") {
    sessionId
    externalId
    userId
    bank { bankId bic }
    outcome
    nextAction
    stage { name status progress { done total } }
    failedStage { name }
    stages {
      name status attempt observed expected
      restartSuspected
    }
    accounts { maskedNumber accountType current }
    transactionPages {
      accountId transactionsCount
    }
    version
    updatedAt
  }
}
`;

const SESSIONS = `# The sessions that changed last, one page.
# Empty? Press "Post a callback" below.
# Try: filter: { failedStage: [TRANSACTIONS] }
# Try: after: "<endCursor>", the next page.
# liveCursor, as \`after\` of
# sessionStatusChanged, continues this list
# without a gap.
query Sessions {
  sessions(
    first: 20
    orderBy: { field: UPDATED_AT }
  ) {
    edges {
      node {
        sessionId
        userId
        bank { bankId }
        stage { name status }
        outcome
        failedStage { name status }
        updatedAt
      }
    }
    pageInfo { hasNextPage endCursor }
    liveCursor
  }
}
`;

const SESSION_CHANGES = `# Every session as it changes. First run it,
# then press "Post a callback" below. Each
# message stays in the log; a restart of the
# gateway leaves no gap.
# Try: (sessionId: "session-1") for one.
# Try: (filter: { outcome: [FAILED] }). What
# leaves it comes once, matches: false.
subscription SessionChanges {
  sessionStatusChanged {
    kind
    cursor
    matches
    changedAt
    stage {
      name status restartSuspected
      progress { done total }
    }
    session {
      sessionId outcome nextAction version
    }
  }
}
`;

const PAYMENT_CHANGES = `# Every payment as it changes. First run it,
# then press "Post a callback" below: on this
# tab it posts a payment's.
# Try: (paymentId: "...") for one.
subscription PaymentChanges {
  paymentStatusChanged {
    kind
    cursor
    changedAt
    payment {
      paymentId externalId
      status isFinal version
    }
  }
}
`;

const PAYMENTS = `# The newest payments, with all statuses.
# Empty? Press "Post a callback" below: on this
# tab it posts a payment's.
# Try: filter: { isFinal: false }, under way.
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

const CALLBACKS = `# The journal: every callback, newest first.
# Empty? Press "Post a callback" below.
# Try: filter: { outcome: [QUARANTINED] }, not
# applied; \`reason\` and \`path\` say why.
# Try: filter: { repeated: true }, those that
# were delivered more than once.
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
        reported {
          sessionId paymentId stage status
        }
        body
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const OVERVIEW = `# How things stand, in numbers: the last day.
# Null? You are not an operator.
# Try: (since: "2026-01-01T00:00:00Z").
query Overview {
  overview {
    since
    sessions { outcome count }
    stalled
    payments { status count }
    conflicts
    callbacks { outcome count }
    quarantined
  }
}
`;

const BANKS = `# Which banks fail: the worst of the last hour
# come first. Empty? Press "Post a callback".
# Try: { field: STALLED }, the silent ones.
# Try: health(minutes: 1440), the last day.
query Banks {
  banks(
    first: 20
    orderBy: { field: FAILED }
  ) {
    edges {
      node {
        bankId
        bic
        health {
          sessions succeeded failed
          needsAuthorization pending stalled
          lastSucceededAt
        }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const STALLED = `# Sessions under way that have fallen silent:
# no news for STALLED_AFTER_MS (10 minutes). An
# empty list is good news.
# Try: filter: { stalled: true, bankId: "..." }
# SessionChanges sends each as STALLED, once.
query Stalled {
  sessions(
    first: 20
    filter: { stalled: true }
  ) {
    edges {
      node {
        sessionId
        userId
        bank { bankId health { failed stalled } }
        stage { name status }
        stalledSince
        lastHeardAt
      }
    }
    pageInfo { hasNextPage endCursor }
    liveCursor
  }
}
`;

const SEARCH = `# Everything whose id, or external id, begins
# with the text in the first line; letter case
# counts. Empty? Press "Post a callback" below.
query Search($text: String = "order-7") {
  sessions(first: 5, filter: { search: $text }) {
    edges {
      node { sessionId externalId outcome }
    }
  }
  payments(first: 5, filter: { search: $text }) {
    edges {
      node { paymentId externalId status }
    }
  }
  callbacks(first: 5, filter: { search: $text }) {
    edges {
      node { position kind outcome receivedAt }
    }
  }
}
`;

/** What GraphiQL opens with: each says in its first lines what to try. */
export const PRESET_TABS: readonly PresetTab[] = [
  { query: SESSION },
  { query: SESSIONS },
  { query: SESSION_CHANGES },
  { query: PAYMENT_CHANGES },
  { query: PAYMENTS },
  { query: CALLBACKS },
  { query: OVERVIEW },
  { query: BANKS },
  { query: STALLED },
  { query: SEARCH },
];
