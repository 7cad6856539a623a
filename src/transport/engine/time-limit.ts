import { CallboardError } from '../../errors.ts';
import type { Budget } from './budget.ts';

/**
 * The result of an execution, at once where it is there. Rejects (throws, where that is known at once) with
 * LIMIT_EXCEEDED as soon as the budget is spent, and with TIMEOUT after `ms` milliseconds: from then on nothing more
 * of the execution runs, and its own promise never settles.
 */
export function withinBudget<T>(budget: Budget, ms: number, result: T | Promise<T>): T | Promise<T> {
  if (budget.reason !== null) throw budget.reason;
  if (!(result instanceof Promise)) return result;
  let timer: NodeJS.Timeout | undefined;
  const aborted = new Promise<never>((_, reject) => {
    budget.onAbort = reject;
    timer = setTimeout(() => {
      budget.abort(
        new CallboardError('TIMEOUT', `This took longer than ${ms} ms: ask for less, or try again.`),
      );
    }, ms);
  });
  return Promise.race([result, aborted]).finally(() => clearTimeout(timer));
}
