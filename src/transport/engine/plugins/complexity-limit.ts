import { GraphQLError, type GraphQLSchema, getOperationAST } from 'graphql';
import type { Limits } from '../../../config/limits.ts';
import { CallboardError } from '../../../errors.ts';
import { createComplexity } from '../complexity.ts';
import type { ExecutionCheck } from './execution.ts';

/** Refuses operations that select too many fields, counted with the pages that their variables ask for. */
export function complexityLimit(schema: GraphQLSchema, { complexity: allowed }: Limits): ExecutionCheck {
  const complexityOf = createComplexity(schema);
  return ({ document, operationName, variableValues }) => {
    const operation = getOperationAST(document, operationName);
    if (operation == null) return null;
    const found = complexityOf({ document, operation, variables: variableValues ?? {} });
    return found <= allowed ? null : [tooComplex(found, allowed)];
  };
}

function tooComplex(found: number, allowed: number): GraphQLError {
  const originalError = new CallboardError(
    'LIMIT_EXCEEDED',
    `This operation asks for up to ${found} fields; at most ${allowed} are allowed: ask for smaller pages.`,
  );
  return new GraphQLError(originalError.message, { originalError });
}
