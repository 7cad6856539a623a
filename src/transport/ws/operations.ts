import {
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  GraphQLSchema,
  OperationTypeNode,
  parse,
} from 'graphql';
import { makeServer } from 'graphql-ws';
import type { Viewer } from '../../domain/viewer.ts';
import type { Fanout } from '../../live/fanout/fanout.ts';
import type { Engine, GraphqlRequest, LiveOperation, RequestSeed } from '../engine/engine.ts';
import type { WsConnection } from './connection.ts';
import { createTellOverWs, OperationOver } from './subscription.ts';

/** What graphql-ws keeps of a socket. */
export interface WsExtra {
  readonly connection: WsConnection;
}

interface Parts {
  readonly engine: Engine;
  readonly fanout: Fanout;
  /** Admits a client by its `connection_init`; false after it was turned away. Resolves with the ack's payload. */
  readonly admit: (
    connection: WsConnection,
    connectionParams: Readonly<Record<string, unknown>> | undefined,
  ) => Promise<false | Record<string, unknown>>;
  /** Who asks one operation of an admitted client; throws BAD_USER_INPUT where that cannot be told. */
  readonly viewerOf: (viewer: Viewer, extensions: GraphqlRequest['extensions']) => Viewer;
  readonly initWithinMs: number;
  readonly subscriptionsPerSocket: number;
}

/** Errors that are formatted already: they go to the client as they stand. */
class AsFormatted extends GraphQLError {
  readonly #formatted: GraphQLFormattedError;

  constructor(formatted: GraphQLFormattedError) {
    super(formatted.message);
    this.#formatted = formatted;
  }

  override toJSON(): GraphQLFormattedError {
    return this.#formatted;
  }
}

/** A query's answer, where graphql-ws expects what to execute. */
class Answered {
  readonly result: FormattedExecutionResult;

  constructor(result: FormattedExecutionResult) {
    this.result = result;
  }
}

/** An accepted subscription, where graphql-ws expects what to execute. */
class Accepted {
  readonly connection: WsConnection;
  readonly id: string;
  readonly operation: LiveOperation;

  constructor(connection: WsConnection, id: string, operation: LiveOperation) {
    this.connection = connection;
    this.id = id;
    this.operation = operation;
  }
}

/**
 * The protocol graphql-transport-ws, by graphql-ws: handshake, ids and close codes are its; execution is the
 * engine's, and subscriptions are told by the fan-out, straight to the socket.
 */
export function createWsOperations(parts: Parts) {
  const { engine, fanout, admit, viewerOf, initWithinMs, subscriptionsPerSocket } = parts;
  const tell = createTellOverWs(fanout);
  // graphql-ws wants a schema and a document; of these it looks at nothing but the kind of operation.
  const schema = new GraphQLSchema({});
  const query = { schema, document: parse('query { result }') };
  const subscription = { schema, document: parse('subscription { live }') };

  return makeServer<Record<string, unknown>, WsExtra>({
    connectionInitWaitTimeout: initWithinMs,
    onConnect: ({ extra: { connection }, connectionParams }) => admit(connection, connectionParams),

    async onSubscribe({ extra: { connection }, subscriptions }, id, request) {
      if (connection.viewer === null) throw new Error('a subscription came before its client was admitted');
      const isGone = () => connection.socket.readyState !== connection.socket.OPEN;
      let seed: RequestSeed;
      try {
        seed = { viewer: viewerOf(connection.viewer, request.extensions), cursors: [], isGone };
      } catch (error) {
        return refusal([engine.errorOf(error)]);
      }
      if (engine.operationType(request) !== OperationTypeNode.SUBSCRIPTION) {
        const result = await engine.execute(request, seed);
        if (result.data === undefined && result.errors !== undefined) return refusal(result.errors);
        return { ...query, contextValue: new Answered(result) };
      }
      // Those that are still being prepared count, and this one is among them.
      if (
        Number.isFinite(subscriptionsPerSocket) &&
        Object.keys(subscriptions).length > subscriptionsPerSocket
      ) {
        return refusal([tooManySubscriptions(subscriptionsPerSocket)]);
      }
      const operation = await engine.subscribe(request, seed);
      if ('errors' in operation) return refusal(operation.errors);
      return { ...subscription, contextValue: new Accepted(connection, id, operation) };
    },

    execute: () => ({}),
    subscribe({ contextValue }) {
      if (contextValue instanceof Accepted) {
        const { connection, id, operation } = contextValue;
        return tell(connection, id, operation);
      }
      throw new Error('a subscription was not prepared');
    },
    // Results and errors are formatted already.
    onNext(_ctx, _id, _payload, { contextValue }) {
      return contextValue instanceof Answered ? contextValue.result : undefined;
    },
    onError(_ctx, _id, _payload, [error]) {
      const over = error?.originalError;
      return over instanceof OperationOver ? over.errors : undefined;
    },
  });
}

function refusal(errors: readonly GraphQLFormattedError[]): GraphQLError[] {
  return errors.map((error) => new AsFormatted(error));
}

function tooManySubscriptions(limit: number): GraphQLFormattedError {
  return {
    message: `A connection has at most ${limit} subscriptions at a time: end one first.`,
    extensions: { code: 'LIMIT_EXCEEDED', retryable: false },
  };
}
