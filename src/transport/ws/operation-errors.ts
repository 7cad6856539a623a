import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/**
 * Refuses an operation by the engine's errors, as graphql-ws knows it: returned by its `onSubscribe`. They are formatted
 * and masked already; `onError` takes them out again for the wire.
 */
export class OperationErrors extends GraphQLError {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super('the operation ended by errors');
    this.errors = errors;
  }
}
