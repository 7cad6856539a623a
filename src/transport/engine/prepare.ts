import { type ExecutionArgs, type GraphQLError, OperationTypeNode } from 'graphql';
import { badInput } from '../../errors.ts';
import type { Refusal } from './engine.ts';
import type { Parsed } from './parse.ts';
import { OPERATION_UNCLEAR } from './plugins/clear-operation.ts';
import { withCode } from './with-code.ts';

/** What a mutation is answered. */
const NO_MUTATIONS =
  'There are no mutations: callbacks come in by POST /callbacks; what they change is read by a query or a subscription.';

/** Errors as a client reads them, instead of a result. */
export type Refuse = (errors: readonly unknown[]) => Refusal;

/** Validates an operation and builds its context. At once unless a plugin of Yoga has to wait for something. */
export function prepare(
  { document, definition, enveloped, request }: Parsed,
  refuse: Refuse,
): Refusal | ExecutionArgs | Promise<ExecutionArgs> {
  const { schema } = enveloped;
  const faults: readonly GraphQLError[] = enveloped.validate(schema, document);
  if (faults.length > 0) return refuse(faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED')));
  if (definition === null) return refuse([badInput(OPERATION_UNCLEAR)]);
  if (definition.operation === OperationTypeNode.MUTATION && schema.getMutationType() == null)
    return refuse([badInput(NO_MUTATIONS)]);
  const { variables: variableValues, operationName } = request;
  const args = { schema, document, variableValues, operationName };
  const context = enveloped.contextFactory();
  return context instanceof Promise
    ? context.then((contextValue) => ({ ...args, contextValue }))
    : { ...args, contextValue: context };
}
