import { type ExecutionResult, GraphQLError } from 'graphql';
import { CallboardError } from '../../errors.ts';
import type { Budget } from './budget.ts';

/** Gives the result of an execution that holds its limits, or the error of the limit that it exceeded. */
export type WithinBudget = (
  budget: Budget,
  result: ExecutionResult | Promise<ExecutionResult>,
) => ExecutionResult | Promise<ExecutionResult>;

/**
 * The result of an execution, at once where it is there. It is LIMIT_EXCEEDED as soon as the budget is spent, and
 * TIMEOUT after `ms` milliseconds: from then on nothing more of the execution runs, and its own promise never settles.
 */
export function createTimeLimit(ms: number): WithinBudget {
  /** When each execution began, the oldest first: all have the same time, so one timer serves them. */
  const began = new Map<Budget, number>();
  let isTimed = false;

  function lookIn(delayMs: number): void {
    isTimed = true;
    setTimeout(look, delayMs).unref();
  }

  function look(): void {
    isTimed = false;
    const now = performance.now();
    for (const [budget, at] of began) {
      if (at + ms > now) {
        lookIn(Math.ceil(at + ms - now));
        return;
      }
      began.delete(budget);
      budget.abort(
        new CallboardError('TIMEOUT', `This took longer than ${ms} ms: ask for less, or try again.`),
      );
    }
  }

  function end(budget: Budget): void {
    began.delete(budget);
    // What `began` once held may outlive it by far: see docs/decisions/0056.
    budget.onAbort = null;
  }

  return (budget, result) => {
    if (budget.reason !== null) return failedBy(budget.reason);
    if (!(result instanceof Promise)) return result;
    began.set(budget, performance.now());
    if (!isTimed) lookIn(ms);
    return new Promise((resolve, reject) => {
      budget.onAbort = (reason) => {
        began.delete(budget);
        resolve(failedBy(reason));
      };
      result.then(
        (value) => {
          end(budget);
          resolve(value);
        },
        (cause) => {
          end(budget);
          reject(cause);
        },
      );
    });
  };
}

function failedBy(originalError: CallboardError): ExecutionResult {
  return { errors: [new GraphQLError(originalError.message, { originalError })] };
}
