import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { YogaPlugin } from '../yoga-plugin.ts';

/**
 * Takes the place of the engine that Yoga puts first among its plugins: that one hands each rule of validation, one by
 * one, and an executor of Yoga's own to every operation, which costs 3 µs. Throws at the start where Yoga does not
 * begin with it.
 */
export function useGraphqlJs(): YogaPlugin {
  return {
    onPluginInit({ plugins }) {
      const [engine] = plugins;
      if (
        engine?.onParse === undefined ||
        engine.onValidate === undefined ||
        engine.onExecute === undefined
      ) {
        throw new Error('the first plugin of Yoga is not its engine any more: see plugins/graphql-js.ts');
      }
      plugins[0] = {};
    },
    onValidate: ({ setValidationFn }) => setValidationFn(validateByAllRules),
  };
}

/** graphql-js's own rules, and those that plugins have added. */
function validateByAllRules(
  schema: GraphQLSchema,
  document: DocumentNode,
  added: readonly ValidationRule[] = [],
): readonly GraphQLError[] {
  return validate(schema, document, [...specifiedRules, ...added]);
}
