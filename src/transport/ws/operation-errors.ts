import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/**
 * Ends an operation by the engine's errors, as graphql-ws knows it: returned by its `onSubscribe`, or thrown by the
 * iterable of a subscription. They are formatted and masked already; `errorsOf` gives them back for the wire.
 */
export class OperationErrors extends GraphQLError {
  readonly errors: readonly GraphQLFormattedError[];

  constructor(errors: readonly GraphQLFormattedError[]) {
    super('the operation ended by errors');
    this.errors = errors;
  }
}

/** The engine's errors in what graphql-ws made of them; undefined where it holds none. */
export function errorsOf(error: GraphQLError | undefined): readonly GraphQLFormattedError[] | undefined {
  // What an iterable throws arrives wrapped.
  const cause = error?.originalError ?? error;
  return cause instanceof OperationErrors ? cause.errors : undefined;
}
