// The rules of graphql-eslint that schema.graphql is held against: those recommended for schemas and those of Relay.
// `npm run check` names this file; no editor looks for it.
import graphql from '@graphql-eslint/eslint-plugin';

const { 'flat/schema-recommended': recommended, 'flat/schema-relay': relay } = graphql.configs;

/** Parts of something that has an id, messages, and what answers for the viewer alone: no cache keeps them by an id. */
const WITHOUT_ID = [
  'StageAttempt',
  'StageFact',
  'Progress',
  'TransactionPage',
  'SecondaryIdentifier',
  'PaymentUser',
  'PaymentStep',
  'CallbackFault',
  'ReportedSubject',
  'Viewer',
  'SessionStatusChange',
  'PaymentStatusChange',
  'CallbackChange',
  'PageInfo',
  'BankHealth',
  'Overview',
  'OutcomeCount',
  'PaymentStatusCount',
  'CallbackOutcomeCount',
];

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...recommended.rules,
      ...relay.rules,
      // Left off: `id` is global and opaque, so the aggregator's own ids bear its words: Session.sessionId. So do the
      // fields of an account and of a transaction page, by which people find them in its manual.
      '@graphql-eslint/no-typename-prefix': 'off',
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          acceptedIdNames: ['id'],
          acceptedIdTypes: ['ID'],
          exceptions: { types: WITHOUT_ID, suffixes: ['Connection', 'Edge'] },
        },
      ],
      // A session's stages, accounts and facts, and what else is no list of its own, are read whole with what holds them:
      // they are bounded, so only lists that can be of any length are connections.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      // Beyond what is recommended: everything says what it is.
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          DirectiveDefinition: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
        },
      ],
    },
  },
];
