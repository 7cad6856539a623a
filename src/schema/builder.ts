import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import type { BankHealth } from '../db/read/bank-health.ts';
import type { PaymentFact, StageFact } from '../db/read/fact-reads.ts';
import type { Count, Overview } from '../db/read/overview-read.ts';
import type { InstantRange } from '../domain/filter.ts';
import type {
  Day,
  Fault,
  Json,
  PaymentUser,
  ReportedSubject,
  SecondaryIdentifier,
} from '../domain/journal/callback.ts';
import type { JournalRow } from '../domain/journal/row.ts';
import type { Payment } from '../domain/payment/payment.ts';
import type { Instant, PastAttempt, Session, TransactionPage } from '../domain/session/session.ts';
import type { ShownProgress, StageView } from '../domain/session/stage-view.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { CallbackOutcome, PaymentStatus, SessionOutcome } from '../domain/words.ts';
import type { CallbackMessage } from '../live/sources/callback-source.ts';
import type { StateMessage } from '../live/sources/state-message.ts';
import type { AccountNode } from './account-node.ts';
import type { Context } from './context.ts';
import { OF_STATE } from './of-state.ts';

/** What stands behind each type of the graph. Named here, so that types refer to each other without an import circle. */
interface Types {
  Context: Context;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Instant; Output: Instant };
    LocalDate: { Input: Day; Output: Day };
    JSON: { Input: Json; Output: Json };
  };
  Objects: {
    Session: Session;
    Stage: StageView;
    StageAttempt: PastAttempt;
    StageFact: StageFact;
    Progress: ShownProgress;
    Account: AccountNode;
    TransactionPage: TransactionPage;
    /** All except the id is read only where it is selected. */
    Bank: { readonly bankId: string };
    SecondaryIdentifier: SecondaryIdentifier;
    Payment: Payment;
    PaymentUser: PaymentUser;
    PaymentStep: PaymentFact;
    Callback: JournalRow;
    CallbackFault: Fault;
    ReportedSubject: ReportedSubject;
    SessionStatusChange: StateMessage<Session>;
    PaymentStatusChange: StateMessage<Payment>;
    CallbackChange: CallbackMessage;
    Viewer: Viewer;
    BankHealth: BankHealth;
    Overview: Overview;
    OutcomeCount: Count<SessionOutcome>;
    PaymentStatusCount: Count<PaymentStatus>;
    CallbackOutcomeCount: Count<CallbackOutcome>;
  };
  Inputs: { DateTimeRange: InstantRange };
  Connection: { liveCursor: string };
}

/** An empty graph. Every type is added by the `define…` of its file. */
export function createBuilder() {
  const builder = new SchemaBuilder<Types>({
    plugins: [RelayPlugin],
    defaultFieldNullability: false,
    relay: {
      // node.ts has these two: the plugin's throw at a malformed id instead of answering null, and cost a promise an id.
      nodeQueryOptions: false,
      nodesQueryOptions: false,
      edgesFieldOptions: {
        ...OF_STATE,
        nullable: { list: false, items: false },
        description: 'The rows of this page, in the order of the list.',
      },
      nodeFieldOptions: { ...OF_STATE, description: 'The row itself.' },
      cursorFieldOptions: {
        ...OF_STATE,
        description:
          "This row's place in the list: hand it to `after` or `before`. No cursor of a subscription.",
      },
      idFieldOptions: { description: 'Global and opaque: a cache keeps objects by it.' },
      nodeTypeOptions: { description: 'Anything that `node` finds again by its id.' },
      pageInfoFieldOptions: { ...OF_STATE, description: 'Where this page lies in its list.' },
      pageInfoTypeOptions: { description: 'Where a page lies in its list.' },
      hasNextPageFieldOptions: { ...OF_STATE, description: 'Whether rows follow this page.' },
      hasPreviousPageFieldOptions: { ...OF_STATE, description: 'Whether rows stand before this page.' },
      startCursorFieldOptions: {
        ...OF_STATE,
        description: 'Cursor of the first row; null on an empty page.',
      },
      endCursorFieldOptions: {
        ...OF_STATE,
        description: 'Cursor of the last row, for the next page as `after`; null on an empty page.',
      },
      firstArgOptions: {
        description:
          'How many rows from the front: 0 to 100, 20 where neither `first` nor `last` is given. Never both.',
      },
      lastArgOptions: { description: 'How many rows from the end: 0 to 100. Never with `first`.' },
      afterArgOptions: { description: 'Only rows behind the one with this cursor.' },
      beforeArgOptions: { description: 'Only rows before the one with this cursor.' },
    },
  });
  builder.queryType({ description: 'What can be read once.' });
  builder.subscriptionType({
    description:
      'What is sent as it changes, over graphql-ws or SSE. The server never completes a valid subscription.',
  });
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;
