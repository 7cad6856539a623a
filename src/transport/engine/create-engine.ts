import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { GraphQLParams } from 'graphql-yoga';
import type { Limits } from '../../config/limits.ts';
import type { Logger } from '../../logger.ts';
import type { Emit } from '../../observe.ts';
import { boundSchema } from './bound-schema.ts';
import { createBoundedExecute } from './bounded-execute.ts';
import { createCompiledExecute } from './compiled/compiled-execute.ts';
import type { Engine, Operation, Refusal } from './engine.ts';
import { execute } from './execute.ts';
import { createKnownQueries } from './known-queries.ts';
import { createLiveKey } from './live-key.ts';
import { createMaskError } from './mask-error.ts';
import { createContext, parse } from './parse.ts';
import { complexityLimit } from './plugins/complexity-limit.ts';
import { hiddenNames, type Introspection } from './plugins/introspection.ts';
import type { ContextOf, GraphqlRequest, RequestSeed } from './request.ts';
import { subscribe } from './subscribe.ts';
import type { TrustedList } from './trusted-list.ts';
import { createCallboardYoga } from './yoga.ts';
import type { YogaPlugin } from './yoga-plugin.ts';

export interface EngineOptions {
  /** The engine's from now on: it changes its resolvers. */
  readonly schema: GraphQLSchema;
  /** What resolvers find in the context of an operation; of a subscription, for all of its messages. */
  readonly contextOf: ContextOf;
  readonly introspection: Introspection;
  readonly limits: Limits;
  /** The only texts that are answered; null: all are. Operators may send others. */
  readonly trustedDocuments?: TrustedList | null;
  /** Further plugins of Yoga. */
  readonly plugins?: readonly YogaPlugin[];
  readonly log: Logger;
  readonly emit?: Emit | undefined;
}

/** An engine with Yoga's own way in, for requests that are not on the hot path. */
export interface HttpEngine extends Engine {
  /** Yoga answers a request whose parameters were read. */
  handle(
    req: IncomingMessage,
    res: ServerResponse,
    request: GraphqlRequest,
    seed: RequestSeed,
  ): Promise<void>;
}

/** Joins schema, context and Yoga. Documents are parsed and validated once each, bounded in number. */
export function createEngine(options: EngineOptions): HttpEngine {
  const { schema, contextOf, limits, log, emit } = options;
  boundSchema(schema);
  const maskError = createMaskError({ log, emit });
  const errorOf = (error: unknown): GraphQLFormattedError => maskError(error).toJSON();
  const refuse = (errors: readonly unknown[]): Refusal => ({ errors: errors.map(errorOf) });
  const otherwise = createBoundedExecute(limits);
  const compiledExecute = createCompiledExecute({ schema, limits, otherwise });
  const { introspection, trustedDocuments = null, plugins = [] } = options;
  const checks = [hiddenNames(introspection), complexityLimit(schema, limits)];
  const yoga = createCallboardYoga({
    ...{ schema, limits, maskError, introspection, trustedDocuments, plugins, checks },
    execute: compiledExecute,
  });
  const known = createKnownQueries({
    ...{ schema, checks, contextOf, refuse, plugins },
    execute: compiledExecute,
  });
  const live = { execute: compiledExecute, liveKey: createLiveKey(schema), refuse };

  function parseSafely(request: GraphqlRequest, seed: RequestSeed): Refusal | Operation {
    try {
      const before = known.find(request, seed);
      if (before !== null) return before;
      const parsed = parse(yoga, contextOf, request, seed);
      return {
        kind: parsed.definition?.operation ?? null,
        async execute() {
          const result = await execute(parsed, refuse);
          if (result.errors === undefined) known.answered(parsed);
          return result;
        },
        subscribe: () => subscribe(parsed, live),
      };
    } catch (error) {
      return refuse([error]);
    }
  }

  return {
    parse: parseSafely,
    errorOf,
    async handle(req, res, request, seed) {
      const context = createContext(contextOf, request, seed);
      await yoga.handle(req, res, { ...seed, ...context, params: toParams(request) });
    },
  };
}

function toParams({ query, variables, operationName, extensions }: GraphqlRequest): GraphQLParams {
  return {
    query,
    variables: variables ?? undefined,
    operationName: operationName ?? undefined,
    extensions: extensions ?? undefined,
  };
}
