import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { Viewer } from '../../../domain/viewer.ts';
import type { YogaPlugin } from '../yoga-plugin.ts';
import type { ExecutionCheck } from './execution.ts';

/** Who may read the schema: everyone, nobody, or operators alone. */
export type Introspection = 'on' | 'off' | 'operators';

/** Faults of variables that are reported at once. */
const MAX_FAULTS = 50;

/**
 * Refuses introspection to those who may not read the schema. They get no suggestions ("Did you mean …") either: these
 * would give the schema away name by name.
 */
export function useIntrospection(introspection: Introspection): YogaPlugin {
  if (introspection === 'on') return {};
  return {
    onValidate({ context: { viewer }, addValidationRule, setValidationFn }) {
      if (mayIntrospect(introspection, viewer)) return;
      addValidationRule(NoSchemaIntrospectionCustomRule);
      setValidationFn(validateWithoutSuggestions);
    },
  };
}

/** The same for variables: the executor would suggest names of enum values and of input fields. */
export function hiddenNames(introspection: Introspection): ExecutionCheck {
  return (args, viewer) => (mayIntrospect(introspection, viewer) ? null : variableFaults(args));
}

function mayIntrospect(introspection: Introspection, { isOperator }: Viewer): boolean {
  return introspection === 'on' || (introspection === 'operators' && isOperator);
}

function validateWithoutSuggestions(
  schema: GraphQLSchema,
  document: DocumentNode,
  added: readonly ValidationRule[] = [],
): readonly GraphQLError[] {
  return validate(schema, document, [...specifiedRules, ...added], { hideSuggestions: true });
}

function variableFaults({
  schema,
  document,
  operationName,
  variableValues,
}: ExecutionArgs): readonly GraphQLError[] | null {
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  const options = { hideSuggestions: true, maxErrors: MAX_FAULTS };
  return getVariableValues(schema, definitions, variableValues ?? {}, options).errors ?? null;
}
