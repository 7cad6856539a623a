import {
  type DocumentNode,
  type FormattedExecutionResult,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { badInput } from '../../errors.ts';
import type { BoundedExecute } from './bounded-execute.ts';
import type { Operation } from './engine.ts';
import { createContext, type Parsed } from './parse.ts';
import { type ExecutionCheck, faultsOf } from './plugins/execution.ts';
import type { Refuse } from './prepare.ts';
import type { ContextOf, GraphqlRequest, RequestSeed } from './request.ts';
import { NOT_LIVE } from './subscribe.ts';
import type { YogaPlugin } from './yoga-plugin.ts';

/** Of the documents that are kept, in characters: a document takes some hundred times its text. */
const MAX_KEPT_CHARACTERS = 128 * 1024;

/** What a plugin may hook into of a query, apart from what `yoga.handle` alone calls. */
const QUERY_HOOKS = [
  'onPluginInit',
  'onSchemaChange',
  'onEnveloped',
  'onParse',
  'onValidate',
  'onContextBuilding',
  'onExecute',
] as const satisfies readonly (keyof YogaPlugin)[];

interface KnownQueriesOptions {
  readonly schema: GraphQLSchema;
  readonly execute: BoundedExecute;
  readonly checks: readonly ExecutionCheck[];
  readonly contextOf: ContextOf;
  readonly refuse: Refuse;
  /** Further plugins of Yoga: where one of them hooks into queries, none is known. */
  readonly plugins: readonly YogaPlugin[];
}

/**
 * Queries that Yoga has let through before, by their text. What its phases would decide depends on nothing but the text
 * and on whether the viewer is an operator (documents, introspection), so they are executed without them:
 * docs/decisions/0053. What depends on variables is checked each time.
 */
export interface KnownQueries {
  /** The operation of a request that was answered before; null where it has to go through Yoga's phases. */
  find(request: GraphqlRequest, seed: RequestSeed): Operation | null;
  /** Tells of a query that went through all of them, and was answered without an error. */
  answered(parsed: Parsed): void;
}

export function createKnownQueries(options: KnownQueriesOptions): KnownQueries {
  const { schema, execute, checks, contextOf, refuse, plugins } = options;
  if (plugins.some((plugin) => QUERY_HOOKS.some((hook) => plugin[hook] !== undefined))) return NONE;
  const [ofOperators, ofOthers] = [createCache(), createCache()];
  const cacheOf = ({ viewer }: RequestSeed) => (viewer.isOperator ? ofOperators : ofOthers);

  async function answer(
    document: DocumentNode,
    request: GraphqlRequest,
    seed: RequestSeed,
  ): Promise<FormattedExecutionResult> {
    try {
      const { variables: variableValues, operationName } = request;
      const contextValue = createContext(contextOf, request, seed);
      const args = { schema, document, variableValues, operationName, contextValue };
      const faults = faultsOf(checks, args, seed.viewer);
      if (faults !== null) return refuse(faults);
      const result = await execute(args);
      return result.errors === undefined ? result : { ...result, ...refuse(result.errors) };
    } catch (error) {
      return refuse([error]);
    }
  }

  return {
    find(request, seed) {
      if (request.operationName != null) return null;
      const document = cacheOf(seed).get(request.query);
      if (document === undefined) return null;
      return {
        kind: OperationTypeNode.QUERY,
        execute: () => answer(document, request, seed),
        subscribe: async () => refuse([badInput(NOT_LIVE)]),
      };
    },
    answered({ request, seed, document, definition }) {
      if (definition?.operation !== OperationTypeNode.QUERY || request.operationName != null) return;
      cacheOf(seed).set(request.query, document);
    },
  };
}

const NONE: KnownQueries = { find: () => null, answered() {} };

function createCache() {
  return new LRUCache<string, DocumentNode>({
    maxSize: MAX_KEPT_CHARACTERS,
    // A size must be positive, and a text may be empty.
    sizeCalculation: (_, text) => text.length + 1,
  });
}
