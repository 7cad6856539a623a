import type { Builder } from './builder.ts';
import { defineEnums } from './enums.ts';
import { LIVE_CURSOR } from './list/connection.ts';
import { defineInputs } from './list/inputs.ts';

/** What several types' files speak of and no name reaches: enums, inputs and connections. */
export function defineVocabulary(builder: Builder) {
  const enums = defineEnums(builder);
  return { enums, inputs: defineInputs(builder, enums), connections: defineConnections(builder) };
}

export type Vocabulary = ReturnType<typeof defineVocabulary>;

/** One connection and one edge type for each node that is listed. */
function defineConnections(builder: Builder) {
  return {
    SessionConnection: builder.connectionObject(
      {
        type: 'Session',
        name: 'SessionConnection',
        description: 'One page of a list of sessions.',
        fields: (t) => ({ liveCursor: t.exposeString('liveCursor', { description: LIVE_CURSOR }) }),
      },
      { name: 'SessionEdge', description: 'One row of a list of sessions.' },
    ),
    PaymentConnection: builder.connectionObject(
      {
        type: 'Payment',
        name: 'PaymentConnection',
        description: 'One page of a list of payments.',
        fields: (t) => ({ liveCursor: t.exposeString('liveCursor', { description: LIVE_CURSOR }) }),
      },
      { name: 'PaymentEdge', description: 'One row of a list of payments.' },
    ),
    CallbackConnection: builder.connectionObject(
      {
        type: 'Callback',
        name: 'CallbackConnection',
        description: 'One page of a list of callbacks.',
        fields: (t) => ({ liveCursor: t.exposeString('liveCursor', { description: LIVE_CURSOR }) }),
      },
      { name: 'CallbackEdge', description: 'One row of a list of callbacks.' },
    ),
  };
}
