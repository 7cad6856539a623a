import { GraphQLError } from 'graphql';

/** What Yoga itself refuses: a method, a mutation by GET. */
export interface YogaRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * How Yoga wants its refusal answered; null for every other error. What fails in GraphQL itself (`spec`) is none: its
 * status depends on the media type. Resolvers set no `extensions.http`.
 */
export function yogaRefusalOf(error: unknown): YogaRefusal | null {
  if (!(error instanceof GraphQLError)) return null;
  const { http } = error.extensions;
  if (typeof http !== 'object' || http === null || !('status' in http) || 'spec' in http) return null;
  const headers = 'headers' in http && typeof http.headers === 'object' ? http.headers : null;
  return { status: Number(http.status), headers: { ...headers } };
}
