import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import type { PaymentFact, StageFact } from '../db/fact-reads.ts';
import type {
  Day,
  Fault,
  Json,
  PaymentUser,
  ReportedSubject,
  SecondaryIdentifier,
} from '../domain/callback.ts';
import type { JournalRow } from '../domain/journal.ts';
import type { Payment } from '../domain/payment.ts';
import type { Instant, PastAttempt, Session, TransactionPage } from '../domain/session.ts';
import type { ShownProgress } from '../domain/stage-view.ts';
import type { Viewer } from '../domain/viewer.ts';
import type { CallbackMessage } from '../live/callback-source.ts';
import type { PaymentMessage } from '../live/payment-source.ts';
import type { SessionMessage } from '../live/session-source.ts';
import type { AccountNode } from './account-node.ts';
import type { Context } from './context.ts';
import type { StageNode } from './stage-node.ts';

/** What stands behind each type of the graph. Named here, so that types refer to each other without a circle. */
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
    Stage: StageNode;
    StageAttempt: PastAttempt;
    StageFact: StageFact;
    Progress: ShownProgress;
    Account: AccountNode;
    TransactionPage: TransactionPage;
    /** All but the id is read only when it is asked for. */
    Bank: { readonly bankId: string };
    SecondaryIdentifier: SecondaryIdentifier;
    Payment: Payment;
    PaymentUser: PaymentUser;
    PaymentStep: PaymentFact;
    Callback: JournalRow;
    CallbackFault: Fault;
    ReportedSubject: ReportedSubject;
    SessionStatusChange: SessionMessage;
    PaymentStatusChange: PaymentMessage;
    CallbackChange: CallbackMessage;
    Viewer: Viewer;
  };
  Connection: { liveCursor: string };
}

/** An empty graph. Every type is added by the `define…` of its file. */
export function createBuilder() {
  const builder = new SchemaBuilder<Types>({
    plugins: [RelayPlugin],
    defaultFieldNullability: false,
    relay: {
      // Our own, in node.ts: the plugin's throw at a malformed id instead of answering null, and cost a promise an id.
      nodeQueryOptions: false,
      nodesQueryOptions: false,
      edgesFieldOptions: { nullable: { list: false, items: false } },
    },
  });
  builder.queryType({});
  builder.subscriptionType({});
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;
