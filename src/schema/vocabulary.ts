import type { Builder } from './builder.ts';
import { defineEnums } from './enums.ts';
import { defineInputs } from './list/inputs.ts';
import { OF_STATE, SHORT_LIVED } from './of-state.ts';

/** What the files of several types refer to and no name reaches: enums, inputs and connections. */
export function defineVocabulary(builder: Builder) {
  const enums = defineEnums(builder);
  return { enums, inputs: defineInputs(builder, enums), connections: defineConnections(builder) };
}

export type Vocabulary = ReturnType<typeof defineVocabulary>;

/** One connection and one edge type for each node that is listed. */
function defineConnections(builder: Builder) {
  const connection = <Node extends 'Session' | 'Payment' | 'Callback'>(type: Node, plural: string) =>
    builder.connectionObject(
      {
        type,
        ...SHORT_LIVED,
        name: `${type}Connection`,
        description: `One page of a list of ${plural}.`,
        fields: (t) => ({
          liveCursor: t.exposeString('liveCursor', {
            ...OF_STATE,
            description:
              "Taken before the rows were read: hand it to the subscription's `after` and nothing falls between.",
          }),
        }),
      },
      { name: `${type}Edge`, description: `One row of a list of ${plural}.` },
    );
  return {
    SessionConnection: connection('Session', 'sessions'),
    PaymentConnection: connection('Payment', 'payments'),
    CallbackConnection: connection('Callback', 'callbacks'),
    BankConnection: builder.connectionObject(
      { type: 'Bank', name: 'BankConnection', description: 'One page of a list of banks.' },
      { name: 'BankEdge', description: 'One row of a list of banks.' },
    ),
  };
}
