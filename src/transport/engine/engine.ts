import type { FormattedExecutionResult, GraphQLFormattedError, OperationTypeNode } from 'graphql';
import type { Rendered } from '../../live/fanout/shared-message.ts';
import type { Message, Source } from '../../live/sources/source.ts';
import type { GraphqlRequest, RequestSeed } from './request.ts';

/** GraphQL without any wire, as transports see it. Results and errors are formatted as the client reads them. */
export interface Engine {
  /** Reads the document of a request: what kind of operation it holds decides who answers. Never throws. */
  parse(request: GraphqlRequest, seed: RequestSeed): Refusal | Operation;
  /** What a client may read of anything thrown elsewhere on its behalf. Logged where it is masked. */
  errorOf(error: unknown): GraphQLFormattedError;
}

export interface Refusal {
  readonly errors: readonly GraphQLFormattedError[];
}

/** An operation whose document was read; nothing of it is validated or executed yet. */
export interface Operation {
  /** Null where the document does not say which of its operations is meant: executing it answers why. */
  readonly kind: OperationTypeNode | null;
  /** Validates and executes a query. Never throws. */
  execute(): Promise<FormattedExecutionResult>;
  /** Validates and opens a subscription, or says why not. Never throws. */
  subscribe(): Promise<Refusal | LiveOperation>;
}

/** A subscription that was accepted, ready for changes to be sent. */
export interface LiveOperation {
  readonly source: Source;
  /** The same for all subscriptions that select the same and may see the same; cursors are no part of it. */
  readonly key: string;
  /**
   * Answers the operation's selection for one message, at once unless a resolver has to read or the answer is long.
   * Each message has the limits of a query for itself. Never throws: it gives the JSON text of a result with `data` and
   * `extensions.cursor`, or the errors that end the operation.
   */
  run(message: Message): Rendered | Promise<Rendered>;
}
