import type { DocumentNode, GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Limits } from '../../config/limits.ts';
import type { BoundedExecute } from './bounded-execute.ts';
import type { MaskError } from './mask-error.ts';
import { useClearOperation } from './plugins/clear-operation.ts';
import { useDocumentLimits } from './plugins/document-limits.ts';
import { type ExecutionCheck, useExecution } from './plugins/execution.ts';
import { useGraphqlJs } from './plugins/graphql-js.ts';
import { type Introspection, useIntrospection } from './plugins/introspection.ts';
import { useMaskedErrors } from './plugins/masked-errors.ts';
import { useReadParams } from './plugins/read-params.ts';
import { useTrustedDocuments } from './plugins/trusted-documents.ts';
import type { TrustedList } from './trusted-list.ts';
import type { HandleContext, YogaPlugin } from './yoga-plugin.ts';

export type Yoga = ReturnType<typeof createCallboardYoga>;
/** The phases of one operation: parse, validate, contextFactory, execute, subscribe. */
export type Enveloped = ReturnType<Yoga['getEnveloped']>;

export interface YogaOptions {
  readonly schema: GraphQLSchema;
  readonly execute: BoundedExecute;
  /** Of an operation with its variables, each time. */
  readonly checks: readonly ExecutionCheck[];
  readonly introspection: Introspection;
  readonly limits: Limits;
  /** The only texts that are answered; null: all are. Operators may send others. */
  readonly trustedDocuments: TrustedList | null;
  readonly maskError: MaskError;
  /** Further plugins, after those of the gateway. */
  readonly plugins: readonly YogaPlugin[];
}

/** Of the documents that are kept parsed and validated, in characters: a document takes some hundred times its text. */
const MAX_CACHED_CHARACTERS = 512 * 1024;

/**
 * The GraphQL stack: Yoga, and every plugin in the order in which it is asked. Their hooks run on every wire
 * (docs/decisions/0023-yoga-as-engine.md): HTTP, WebSocket and SSE go through `yoga.getEnveloped`, and what is not
 * JSON by POST through `yoga.handle`.
 *
 * | hook | runs |
 * |---|---|
 * | onParse, onValidate, onContextBuilding | once for each operation (*) |
 * | onExecute | once for each query (*) |
 * | onSubscribe | once for each subscription; its messages are executed without hooks, one execution for all subscribers |
 * | onRequest, onParams, onExecutionResult, onResultProcess | for what `yoga.handle` answers |
 *
 * (*) A query that was answered before goes without the gateway's own hooks, whose answer would be the same; those of a
 * plugin that is handed in always run (known-queries.ts).
 */
export function createCallboardYoga(options: YogaOptions) {
  const { schema, execute, checks, introspection, limits, trustedDocuments, maskError, plugins } = options;
  return createYoga<HandleContext>({
    schema,
    plugins: [
      useGraphqlJs(),
      ...(trustedDocuments === null ? [] : [useTrustedDocuments(trustedDocuments)]),
      useDocumentLimits(limits),
      useIntrospection(introspection),
      useExecution(execute, checks),
      useMaskedErrors(maskError),
      useReadParams(),
      useClearOperation(),
      ...plugins,
    ],
    parserAndValidationCache: {
      documentCache: createCache<DocumentNode>(),
      errorCache: createCache<Error>(),
    },
    // The gateway has its own: a mask, a log, a page, a check of origins, a reader of bodies.
    maskedErrors: false,
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
  });
}

/** Bounded by their texts and not by their number: else a client that sends long ones would fill the memory. */
function createCache<Value extends object>() {
  return new LRUCache<string, Value>({
    maxSize: MAX_CACHED_CHARACTERS,
    // A size must be positive, and a text may be empty.
    sizeCalculation: (_, text) => text.length + 1,
  });
}
