import { type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import type { Limits } from '../../config/limits.ts';
import { Budget, FIELDS_PER_TURN } from './budget.ts';
import { createTimeLimit } from './time-limit.ts';
import { createTurns } from './turns.ts';

/** Executes one query, or one message of a subscription. At once unless a resolver has to read or much is selected. */
export type BoundedExecute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/**
 * graphql-js, with a budget of fields, bytes and time for each execution. An execution that spends it gives nothing but
 * the error that says so, LIMIT_EXCEEDED or TIMEOUT, and cancels its reads. Long executions take turns.
 */
export function createBoundedExecute(
  limits: Pick<Limits, 'fields' | 'responseBytes' | 'executionMs'>,
): BoundedExecute {
  const turns = createTurns(FIELDS_PER_TURN);
  const withinBudget = createTimeLimit(limits.executionMs);
  return (args) => {
    const budget = new Budget(limits, turns);
    const given = typeof args.contextValue === 'object' ? args.contextValue : {};
    // Spread last: objects that are extended after a spread are read more slowly.
    const contextValue = { budget, cancellation: budget, ...given };
    return withinBudget(budget, execute({ ...args, contextValue }));
  };
}
