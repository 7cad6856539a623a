import {
  type DocumentNode,
  type ExecutionArgs,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { Limits } from '../../../config/limits.ts';
import type { BoundedExecute } from '../bounded-execute.ts';
import { Budget, FIELDS_PER_TURN } from '../budget.ts';
import { createTimeLimit } from '../time-limit.ts';
import { createTurns } from '../turns.ts';
import { type CompiledQuery, compileQuery } from './compile-query.ts';
import { WrittenResult } from './written-result.ts';

/** A document is compiled when it is executed for this time: most queries are sent once. */
const HOT_AFTER = 3;
/** One that was given up so many more times than it was answered is not tried again: its first part ran twice. */
const MAX_GIVEN_UP = 5;

/** What is known of one document. It goes with the document, of which Yoga keeps a bounded number. */
interface Hot {
  executed: number;
  query: CompiledQuery | null;
  /** Times given up, less times answered. */
  givenUp: number;
}

export interface CompiledExecuteOptions {
  readonly schema: GraphQLSchema;
  readonly limits: Pick<Limits, 'fields' | 'responseBytes' | 'executionMs'>;
  /** Executes what is not compiled, and what was given up. */
  readonly otherwise: BoundedExecute;
  /** At which execution a query is compiled. */
  readonly hotAfter?: number;
}

/**
 * Executes queries that are sent again and again, and messages of subscriptions, by functions compiled from their
 * documents, and everything else by `otherwise`. Both give the same bytes and hold the same limits.
 */
export function createCompiledExecute({
  schema,
  limits,
  otherwise,
  hotAfter = HOT_AFTER,
}: CompiledExecuteOptions): BoundedExecute {
  const known = new WeakMap<DocumentNode, Hot>();
  const turns = createTurns(FIELDS_PER_TURN);
  const withinBudget = createTimeLimit(limits.executionMs);

  function hotOf({ document }: ExecutionArgs): Hot {
    let hot = known.get(document);
    if (hot === undefined) {
      hot = { executed: 0, query: null, givenUp: 0 };
      known.set(document, hot);
    }
    hot.executed += 1;
    if (hot.executed === hotAfter) hot.query = compile(document);
    return hot;
  }

  function compile(document: DocumentNode): CompiledQuery | null {
    const [operation, ...others] = document.definitions.filter(isOperation);
    if (operation === undefined || others.length > 0) return null;
    const fragments = document.definitions.filter(isFragment);
    const byName = Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
    try {
      return compileQuery(schema, operation, byName);
    } catch {
      return null;
    }
  }

  return (args) => {
    const hot = hotOf(args);
    const { query } = hot;
    if (query === null) return otherwise(args);

    const answered = (text: string): WrittenResult => {
      if (hot.givenUp > 0) hot.givenUp -= 1;
      return new WrittenResult(text);
    };
    const giveUp = () => {
      hot.givenUp += 1;
      if (hot.givenUp > MAX_GIVEN_UP) hot.query = null;
      return otherwise(args);
    };

    const budget = new Budget(limits, turns);
    const given = typeof args.contextValue === 'object' ? args.contextValue : {};
    const context = { budget, cancellation: budget, ...given };
    let written: string | Promise<string>;
    try {
      written = query(args.rootValue, context, args.variableValues ?? {});
    } catch {
      return giveUp();
    }
    if (typeof written === 'string') return withinBudget(budget, answered(written));
    // An error is left to graphql-js, which says where it belongs.
    return withinBudget(budget, written.then(answered, giveUp));
  };
}

const isOperation = (node: { readonly kind: Kind }): node is OperationDefinitionNode =>
  node.kind === Kind.OPERATION_DEFINITION;

const isFragment = (node: { readonly kind: Kind }): node is FragmentDefinitionNode =>
  node.kind === Kind.FRAGMENT_DEFINITION;
