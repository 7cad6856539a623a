import { GraphQLError } from 'graphql';

/** An error of graphql-js's own, which has no code, as clients read it. */
export function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}
