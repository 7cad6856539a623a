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
import type { Engine, Operation } from '../engine/engine.ts';
import type { ResolveDocument } from '../engine/named-document.ts';
import type { GraphqlRequest, RequestSeed } from '../engine/request.ts';
import type { ConnectionParams } from './authenticate.ts';
import type { WsConnection, WsContext } from './connection.ts';
import { createEncodeNext } from './frame.ts';
import { OperationErrors } from './operation-errors.ts';
import { WsSubscription } from './subscription.ts';

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

/** Thrown where graphql-ws is to forget an operation without a message to its client. No Error: a stack costs 20 µs. */
class HandedOver {
  /** What goes on once it has forgotten it. */
  readonly goOn: () => void;

  constructor(goOn: () => void) {
    this.goOn = goOn;
  }
}

/** graphql-ws wants a schema and a document: of these it looks at nothing but the kind of operation. */
const QUERY = { schema: new GraphQLSchema({}), document: parse('query { result }') };

/** The operations of all sockets. */
export interface WsOperations {
  /** Takes a connection whose socket is open. */
  open(connection: WsConnection): void;
  /** Takes a message of the client. Rejects where something failed that no client is to read. */
  receive(connection: WsConnection, text: string): Promise<void>;
}

/**
 * The protocol graphql-transport-ws, by graphql-ws: handshake, ids, messages and close codes are its. It would execute by
 * graphql-js and format the results; here the engine has done both when `onSubscribe` returns. So it is handed the
 * outcome: errors as OperationErrors; a query's result, which `onNext` gives it as the payload.
 *
 * A subscription it would iterate, and while it waits for what comes next it keeps the text of the client's message and a
 * chain of promises, 2 KB for each. So an accepted one is handed over: `onSubscribe` throws, graphql-ws forgets
 * the operation without a word to the client, the subscription is put back under its id, and the fan-out sends its
 * messages straight to the socket.
 */
export function createWsOperations(options: WsOperationsOptions): WsOperations {
  const { engine, resolveDocument, fanout, admit, viewerOf, initWithinMs, maxSubscriptions } = options;
  const encode = createEncodeNext();

  async function prepareQuery(operation: Operation) {
    const result = await operation.execute();
    if (result.data === undefined && result.errors !== undefined) return refusal(result.errors);
    return { ...QUERY, contextValue: new QueryResult(result) };
  }

  async function prepareSubscription(context: WsContext, id: string, operation: Operation) {
    const subscription = new WsSubscription(context.extra, encode, id);
    context.subscriptions[id] = subscription;
    const live = await operation.subscribe();
    // Where the client has completed it meanwhile, its id may be another operation's: that is left in its place.
    if (subscription.isOver) throw new HandedOver(putBack(context, id));
    if ('errors' in live) return refusal(live.errors);
    const goOn = putBack(context, id);
    throw new HandedOver(() => {
      goOn();
      subscription.join(fanout, live);
    });
  }

  const server = makeServer<Record<string, unknown>, WsConnection>({
    connectionInitWaitTimeout: initWithinMs,
    async onConnect(context) {
      const { extra: connection, connectionParams } = context;
      connection.context = context;
      // The token would be kept for as long as the socket is open.
      Object.assign(context, { connectionParams: undefined });
      return admit(connection, connectionParams);
    },

    async onSubscribe(context, id, sent) {
      const { extra: connection, subscriptions } = context;
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
      return prepareSubscription(context, id, operation);
    },

    execute: () => ({}),
    onNext: (_ctx, _id, _request, { contextValue }) =>
      contextValue instanceof QueryResult ? contextValue.result : undefined,
    onError: (_ctx, _id, _request, [error]) => (error instanceof OperationErrors ? error.errors : undefined),
  });

  return {
    open(connection) {
      connection.closed = server.opened(connection, connection);
    },
    async receive(connection, text) {
      try {
        await connection.receive(text);
      } catch (error) {
        if (!(error instanceof HandedOver)) throw error;
        error.goOn();
      }
    },
  };
}

/** Puts back what stands under an id now, once graphql-ws has deleted it. */
function putBack({ subscriptions }: WsContext, id: string): () => void {
  const operation = subscriptions[id];
  return () => {
    if (operation !== undefined) subscriptions[id] = operation;
  };
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
