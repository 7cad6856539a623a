import type { GraphQLSchema } from 'graphql';
import { defineAccount } from './account.ts';
import { defineBank } from './bank.ts';
import { createBuilder } from './builder.ts';
import { defineCallback } from './callback.ts';
import { defineCallbackRecorded } from './callback-recorded.ts';
import { defineNodeQueries } from './node.ts';
import { definePayment } from './payment.ts';
import { definePaymentQueries } from './payment-queries.ts';
import { definePaymentStatusChanged } from './payment-status-changed.ts';
import { defineScalars } from './scalars.ts';
import { defineSession } from './session.ts';
import { defineSessionQueries } from './session-queries.ts';
import { defineSessionStatusChanged } from './session-status-changed.ts';
import { defineStage } from './stage.ts';
import { defineTransactionPage } from './transaction-page.ts';
import { defineViewer } from './viewer.ts';
import { defineVocabulary } from './vocabulary.ts';

/** The whole graph. Its resolvers need nothing but the `Context` of each operation. */
export function buildSchema(): GraphQLSchema {
  const builder = createBuilder();
  defineScalars(builder);
  const vocabulary = defineVocabulary(builder);
  defineSession(builder, vocabulary);
  defineStage(builder, vocabulary);
  defineAccount(builder);
  defineTransactionPage(builder);
  defineBank(builder);
  definePayment(builder, vocabulary);
  defineCallback(builder, vocabulary);
  defineViewer(builder);
  defineSessionQueries(builder, vocabulary);
  definePaymentQueries(builder, vocabulary);
  defineNodeQueries(builder);
  defineSessionStatusChanged(builder, vocabulary);
  definePaymentStatusChanged(builder, vocabulary);
  defineCallbackRecorded(builder, vocabulary);
  // Unsorted: clients draw the road in the order of StageName.
  return builder.toSchema({ sortSchema: false });
}
