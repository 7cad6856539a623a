import { type ExecutionResult, GraphQLError } from 'graphql';
import { CallboardError } from '../../errors.ts';
import type { Budget } from './budget.ts';

/**
 * The result of an execution, at once where it is there. It is LIMIT_EXCEEDED as soon as the budget is spent, and
 * TIMEOUT after `ms` milliseconds: from then on nothing more of the execution runs, and its own promise never settles.
 */
export function withinBudget(
  budget: Budget,
  ms: number,
  result: ExecutionResult | Promise<ExecutionResult>,
): ExecutionResult | Promise<ExecutionResult> {
  if (budget.reason !== null) return failedBy(budget.reason);
  if (!(result instanceof Promise)) return result;
  let timer: NodeJS.Timeout | undefined;
  const aborted = new Promise<ExecutionResult>((resolve) => {
    budget.onAbort = (reason) => resolve(failedBy(reason));
    timer = setTimeout(() => {
      budget.abort(
        new CallboardError('TIMEOUT', `This took longer than ${ms} ms: ask for less, or try again.`),
      );
    }, ms);
  });
  return Promise.race([result, aborted]).finally(() => clearTimeout(timer));
}

function failedBy(originalError: CallboardError): ExecutionResult {
  return { errors: [new GraphQLError(originalError.message, { originalError })] };
}
