import {
  type FormattedExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  GraphQLSchema,
  OperationTypeNode,
  parse,
} from 'graphql';
import { makeServer } from 'graphql-ws';
import type { Viewer } from '../../domain/viewer.ts';
import { readTraceparent } from '../../http/traceparent.ts';
import type { Fanout } from '../../live/fanout/fanout.ts';
import type { Engine, LiveOperation, Operation } from '../engine/engine.ts';
import type { ResolveDocument } from '../engine/named-document.ts';
import type { GraphqlRequest, RequestSeed } from '../engine/request.ts';
import type { ConnectionParams } from './authenticate.ts';
import type { WsConnection } from './connection.ts';
import { createEncodeNext } from './frame.ts';
import { errorsOf, OperationErrors } from './operation-errors.ts';
import { WsSubscription } from './subscription.ts';

/** What graphql-ws keeps of a socket. */
interface WsExtra {
  readonly connection: WsConnection;
}

interface WsOperationsOptions {
  readonly engine: Engine;
  readonly resolveDocument: ResolveDocument;
  readonly fanout: Fanout;
  /** Admits a client by its `connection_init`; false after it was turned away. Resolves with the ack's payload. */
  readonly admit: (
    connection: WsConnection,
    connectionParams: ConnectionParams | undefined,
  ) => Promise<false | Record<string, unknown>>;
  /** The viewer of one operation of an admitted client. Throws BAD_USER_INPUT where its `extensions` cannot be read. */
  readonly viewerOf: (viewer: Viewer, extensions: GraphqlRequest['extensions']) => Viewer;
  /** Time for `connection_init`, in milliseconds. */
  readonly initWithinMs: number;
  readonly maxSubscriptions: number;
}

/** A query's result, where graphql-ws expects what to execute. */
class QueryResult {
  readonly result: FormattedExecutionResult;

  constructor(result: FormattedExecutionResult) {
    this.result = result;
  }
}

/** An accepted subscription, where graphql-ws expects what to execute. */
class AcceptedSubscription {
  readonly id: string;
  readonly connection: WsConnection;
  readonly operation: LiveOperation;

  constructor(id: string, connection: WsConnection, operation: LiveOperation) {
    this.id = id;
    this.connection = connection;
    this.operation = operation;
  }
}

/** graphql-ws wants a schema and a document: of these it looks at nothing but the kind of operation. */
const schema = new GraphQLSchema({});
const QUERY = { schema, document: parse('query { result }') };
const SUBSCRIPTION = { schema, document: parse('subscription { live }') };

/**
 * The protocol graphql-transport-ws, by graphql-ws: handshake, ids and close codes are its. It would execute by
 * graphql-js and format the results; here the engine has done both when `onSubscribe` returns, and the fan-out sends
 * changes straight to the socket. So graphql-ws is handed the outcome: errors as OperationErrors; a query's result,
 * which `onNext` gives it as the payload; a subscription as an iterable that never yields.
 */
export function createWsOperations(options: WsOperationsOptions) {
  const { engine, resolveDocument, fanout, admit, viewerOf, initWithinMs, maxSubscriptions } = options;
  const encode = createEncodeNext();

  async function prepareQuery(operation: Operation) {
    const result = await operation.execute();
    if (result.data === undefined && result.errors !== undefined) return refusal(result.errors);
    return { ...QUERY, contextValue: new QueryResult(result) };
  }

  async function prepareSubscription(
    { connection, id }: { readonly connection: WsConnection; readonly id: string },
    operation: Operation,
  ) {
    const live = await operation.subscribe();
    if ('errors' in live) return refusal(live.errors);
    return { ...SUBSCRIPTION, contextValue: new AcceptedSubscription(id, connection, live) };
  }

  return makeServer<Record<string, unknown>, WsExtra>({
    connectionInitWaitTimeout: initWithinMs,
    onConnect: ({ extra: { connection }, connectionParams }) => admit(connection, connectionParams),

    async onSubscribe({ extra: { connection }, subscriptions }, id, sent) {
      if (connection.viewer === null) throw new Error('a subscription came before its client was admitted');
      let viewer: Viewer;
      let request: GraphqlRequest;
      try {
        viewer = viewerOf(connection.viewer, sent.extensions);
        request = resolveDocument(sent);
      } catch (error) {
        return refusal([engine.errorOf(error)]);
      }
      const seed: RequestSeed = {
        viewer,
        cursors: [],
        isGone: () => !connection.isOpen,
        // A socket has the headers of its handshake, so each operation has its own here.
        traceparent: readTraceparent(sent.extensions?.traceparent),
      };
      const operation = engine.parse(request, seed);
      if ('errors' in operation) return refusal(operation.errors);
      if (operation.kind !== OperationTypeNode.SUBSCRIPTION) return prepareQuery(operation);
      // Those that are still being prepared count, and this one is among them.
      if (Number.isFinite(maxSubscriptions) && Object.keys(subscriptions).length > maxSubscriptions) {
        return refusal([tooManySubscriptions(maxSubscriptions)]);
      }
      return prepareSubscription({ connection, id }, operation);
    },

    execute: () => ({}),
    subscribe({ contextValue }) {
      if (!(contextValue instanceof AcceptedSubscription)) throw new Error('a subscription was not prepared');
      const { id, connection, operation } = contextValue;
      return new WsSubscription(connection, encode, id).join(fanout, operation);
    },
    onNext: (_ctx, _id, _request, { contextValue }) =>
      contextValue instanceof QueryResult ? contextValue.result : undefined,
    onError: (_ctx, _id, _request, [error]) => errorsOf(error),
  });
}

function refusal(errors: readonly GraphQLFormattedError[]): GraphQLError[] {
  return [new OperationErrors(errors)];
}

function tooManySubscriptions(max: number): GraphQLFormattedError {
  return {
    message: `A connection has at most ${max} subscriptions at a time: end one first.`,
    extensions: { code: 'LIMIT_EXCEEDED', retryable: false },
  };
}
