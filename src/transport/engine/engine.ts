import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  execute as graphqlExecute,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Limits } from '../../config/limits.ts';
import type { Cancellation } from '../../domain/cancellation.ts';
import { splitCursors } from '../../domain/cursor.ts';
import { type Viewer, viewerScope } from '../../domain/viewer.ts';
import { badInput, CallboardError } from '../../errors.ts';
import type { Message, Source } from '../../live/sources/source.ts';
import type { Logger } from '../../logger.ts';
import type { Report } from '../../observe.ts';
import { boundSchema } from './bound-schema.ts';
import { Budget, FIELDS_PER_TURN } from './budget.ts';
import { createComplexity } from './complexity.ts';
import { createDocumentLimits } from './document-limits.ts';
import { createLiveKey, fieldOf } from './live-key.ts';
import { createMaskError } from './mask-error.ts';
import { withinBudget } from './time-limit.ts';
import { createTurns } from './turns.ts';

/** One operation as a client sends it, over whatever wire. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Who sends the request, and the cursors that came with it outside its arguments and extensions (Last-Event-ID). */
export interface RequestSeed {
  readonly viewer: Viewer;
  readonly cursors: readonly string[];
  /** Whether the client has gone, where that can be known: what still waits is not executed then. */
  readonly isGone?: () => boolean;
}

/** A subscription that was accepted, ready to be told of changes. */
export interface LiveOperation {
  readonly source: Source;
  /** The subscription's field, e.g. `sessionStatusChanged`. */
  readonly field: string;
  /** The same for all that ask the same and may see the same; cursors are no part of it. */
  readonly key: string;
  /**
   * Answers the operation's selection for one message, at once unless a resolver has to read or the answer is long.
   * Each message has the limits of a query for itself. Never throws: the result carries `data` and `extensions.cursor`, or `errors`, never both.
   */
  run(message: Message): FormattedExecutionResult | Promise<FormattedExecutionResult>;
}

export interface Refusal {
  readonly errors: readonly GraphQLFormattedError[];
}

/** GraphQL without any wire: the one place that knows Yoga. Results and errors are as the client reads them. */
export interface Engine {
  /** Parses, validates and executes a query. Never throws. */
  execute(request: GraphqlRequest, seed: RequestSeed): Promise<FormattedExecutionResult>;
  /** Prepares a subscription, or says why not. Never throws. */
  subscribe(request: GraphqlRequest, seed: RequestSeed): Promise<Refusal | LiveOperation>;
  /** What kind of operation would be executed; null where it cannot be told, and executing it says why. */
  operationType(request: GraphqlRequest): OperationTypeNode | null;
  /** What a client may read of anything thrown while a subscription is told of changes. Logged where it is masked. */
  errorOf(error: unknown): GraphQLFormattedError;
}

/** Who may ask for the schema: everyone, nobody, or operators alone. */
export type Introspection = 'on' | 'off' | 'operators';

interface EngineParts {
  /** The engine's from now on: it changes its resolvers. */
  readonly schema: GraphQLSchema;
  /** What resolvers are given, for each execution; once it is cancelled nobody waits for what they read. */
  readonly contextOf: (seed: RequestSeed, execution: Cancellation) => object;
  /** Whoever may not introspect gets no suggestions either: they tell the schema name by name. */
  readonly introspection: Introspection;
  readonly limits: Limits;
  /** The texts that are answered, but for operators; null: all are. */
  readonly trustedDocuments?: ReadonlySet<string> | null;
  readonly log: Logger;
  readonly report?: Report | undefined;
}

interface Seeded {
  readonly seed: RequestSeed;
}

interface Prepared {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** Of the documents that are kept parsed and validated, in characters: a document takes some hundred times its text. */
const CACHED_CHARACTERS = 512 * 1024;
/** Bounded by their texts and not by their number: else a client that sends long ones would fill the memory. */
const createDocumentCache = <T extends object>() =>
  new LRUCache<string, T>({
    maxSize: CACHED_CHARACTERS,
    // A size must be positive, and a text may be empty.
    sizeCalculation: (_, text) => text.length + 1,
  });
/** Faults of variables that are told at once. */
const MOST_FAULTS = 50;
const OPERATION_UNCLEAR =
  'The document holds no operation of this name, or several without one being named: set operationName.';
const WRONG_WIRE =
  'A subscription is answered over WebSocket (graphql-transport-ws), or as text/event-stream: send that in Accept.';
const NOT_LIVE = 'This operation is no subscription.';

/** Joins schema, context, checks and masking. Documents are parsed and validated once each, bounded in number. */
export function createEngine({
  schema,
  contextOf,
  introspection,
  limits,
  trustedDocuments = null,
  log,
  report,
}: EngineParts): Engine {
  boundSchema(schema);
  const turns = createTurns(FIELDS_PER_TURN);
  const documentLimits = createDocumentLimits(limits);
  const complexityOf = createComplexity(schema);
  const mayIntrospect = ({ isOperator }: Viewer) =>
    introspection === 'on' || (introspection === 'operators' && isOperator);
  const maskError = createMaskError({ log, report });
  const yoga = createYoga<Seeded, object>({
    schema,
    plugins: [useIntrospectionFor(mayIntrospect)],
    logging: false,
    maskedErrors: { maskError },
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    parserAndValidationCache: {
      documentCache: createDocumentCache<DocumentNode>(),
      errorCache: createDocumentCache<Error>(),
    },
  });
  const liveKey = createLiveKey(schema);
  const errorOf = (error: unknown): GraphQLFormattedError => maskError(error).toJSON();
  const refuse = (errors: readonly unknown[]): Refusal => ({
    errors: errors.map(errorOf),
  });

  type Enveloped = ReturnType<typeof yoga.getEnveloped>;

  function parse(enveloped: Pick<Enveloped, 'parse'>, { query }: GraphqlRequest): DocumentNode {
    try {
      return enveloped.parse(query, { maxTokens: documentLimits.tokens });
    } catch (error) {
      throw documentLimits.faultOfText(query) ?? error;
    }
  }

  function prepare(enveloped: Enveloped, request: GraphqlRequest, viewer: Viewer): Prepared | Refusal {
    if (trustedDocuments !== null && !viewer.isOperator && !trustedDocuments.has(request.query)) {
      return refuse([
        new CallboardError('FORBIDDEN', 'This document is none of those that are answered here.'),
      ]);
    }
    let document: DocumentNode;
    try {
      document = parse(enveloped, request);
      documentLimits.check(document);
    } catch (error) {
      return refuse([error instanceof GraphQLError ? withCode(error, 'GRAPHQL_PARSE_FAILED') : error]);
    }
    const hideSuggestions = !mayIntrospect(viewer);
    const faults: readonly GraphQLError[] = enveloped.validate(enveloped.schema, document, undefined, {
      hideSuggestions,
    });
    if (faults.length > 0) return refuse(faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED')));
    const operation = getOperationAST(document, request.operationName);
    if (operation == null) return refuse([badInput(OPERATION_UNCLEAR)]);
    if (hideSuggestions) {
      // The executor would suggest names of enum values and input fields.
      const { errors } = getVariableValues(
        schema,
        operation.variableDefinitions ?? [],
        request.variables ?? {},
        { hideSuggestions, maxErrors: MOST_FAULTS },
      );
      if (errors !== undefined) return refuse(errors);
    }
    const complexity = complexityOf({ document, operation, variables: request.variables ?? {} });
    if (complexity > limits.complexity) return refuse([tooComplex(complexity, limits.complexity)]);
    return { document, operation };
  }

  async function execute(request: GraphqlRequest, seed: RequestSeed): Promise<FormattedExecutionResult> {
    try {
      const enveloped = yoga.getEnveloped({ seed });
      const prepared = prepare(enveloped, request, seed.viewer);
      if ('errors' in prepared) return prepared;
      if (prepared.operation.operation === OperationTypeNode.SUBSCRIPTION)
        return refuse([badInput(WRONG_WIRE)]);
      const budget = new Budget(limits, turns);
      const executed = graphqlExecute({
        schema,
        document: prepared.document,
        contextValue: { ...contextOf(seed, budget), budget },
        variableValues: request.variables,
        operationName: request.operationName,
      });
      const result = await withinBudget(budget, limits.executionMs, executed);
      return result.errors === undefined ? result : { ...result, ...refuse(result.errors) };
    } catch (error) {
      return refuse([error]);
    }
  }

  async function subscribe(request: GraphqlRequest, seed: RequestSeed): Promise<Refusal | LiveOperation> {
    try {
      const withCursors = { ...seed, cursors: cursorsOf(request, seed) };
      const enveloped = yoga.getEnveloped({ seed });
      const prepared = prepare(enveloped, request, seed.viewer);
      if ('errors' in prepared) return prepared;
      const { document, operation } = prepared;
      if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return refuse([badInput(NOT_LIVE)]);
      const variables = request.variables ?? {};
      const args = { schema, document, variableValues: variables, operationName: request.operationName };
      const contextValue = () => {
        const budget = new Budget(limits, turns);
        return { ...contextOf(withCursors, budget), budget };
      };
      const source: unknown = await createSourceEventStream({ ...args, contextValue: contextValue() });
      if (!isSource(source)) return refuse(errorsOf(source));
      const key = liveKey({
        document,
        operation,
        variables,
        scope: viewerScope(seed.viewer),
        share: source.share,
      });
      return { source, key, field: fieldOf(operation.selectionSet, document), run };

      function run(message: Message): FormattedExecutionResult | Promise<FormattedExecutionResult> {
        try {
          const context = contextValue();
          const executed = graphqlExecute({ ...args, contextValue: context, rootValue: message });
          const result = withinBudget(context.budget, limits.executionMs, executed);
          return result instanceof Promise
            ? result.then(told, (error: unknown) => refuse([error]))
            : told(result);
        } catch (error) {
          return refuse([error]);
        }

        function told({ data, errors }: ExecutionResult): FormattedExecutionResult {
          return errors === undefined ? { data, extensions: { cursor: message.cursor } } : refuse(errors);
        }
      }
    } catch (error) {
      return refuse([error]);
    }
  }

  return {
    execute,
    subscribe,
    errorOf,
    operationType(request) {
      try {
        const document = parse(yoga.getEnveloped(), request);
        return getOperationAST(document, request.operationName)?.operation ?? null;
      } catch {
        return null;
      }
    },
  };
}

/** The schema is told by introspection only to whom it may be told. */
function useIntrospectionFor(mayIntrospect: (viewer: Viewer) => boolean): Plugin<Seeded> {
  return {
    onValidate({ context, addValidationRule }) {
      if (!mayIntrospect(context.seed.viewer)) addValidationRule(NoSchemaIntrospectionCustomRule);
    },
  };
}

function tooComplex(found: number, allowed: number): CallboardError {
  return new CallboardError(
    'LIMIT_EXCEEDED',
    `This operation asks for up to ${found} fields; at most ${allowed} are allowed: ask for smaller pages.`,
  );
}

/** The cursors that came outside the arguments. The subscription's source decides which of them counts. */
function cursorsOf({ extensions }: GraphqlRequest, { cursors }: RequestSeed): readonly string[] {
  const given = extensions?.after;
  return typeof given === 'string' ? [...cursors, ...splitCursors(given)] : cursors;
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}

function isSource(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && 'toMessage' in value && 'open' in value;
}

function errorsOf(refused: unknown): readonly unknown[] {
  if (
    typeof refused === 'object' &&
    refused !== null &&
    'errors' in refused &&
    Array.isArray(refused.errors)
  ) {
    return refused.errors;
  }
  return [new Error('a subscription gave no source of changes')];
}
