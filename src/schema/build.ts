import type { GraphQLSchema } from 'graphql';
import { defineAccount } from './account.ts';
import { defineBank, defineBankQuery } from './bank.ts';
import { createBuilder } from './builder.ts';
import { defineCallback, defineCallbackQuery, defineCallbackRecorded } from './callback.ts';
import { defineNodeQueries } from './node.ts';
import { defineOverview } from './overview.ts';
import { definePayment, definePaymentQueries, definePaymentStatusChanged } from './payment.ts';
import { defineScalars } from './scalars.ts';
import { defineSession, defineSessionQueries, defineSessionStatusChanged } from './session.ts';
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

  defineCallbackQuery(builder, vocabulary);
  defineViewer(builder);
  defineSessionQueries(builder, vocabulary);
  definePaymentQueries(builder, vocabulary);
  defineBankQuery(builder, vocabulary);
  defineOverview(builder, vocabulary);
  defineNodeQueries(builder);

  defineSessionStatusChanged(builder, vocabulary);
  definePaymentStatusChanged(builder, vocabulary);
  defineCallbackRecorded(builder, vocabulary);

  // Unsorted: clients draw the road in the order of StageName.
  return builder.toSchema({ sortSchema: false });
}
