import { STATUS_CODES } from 'node:http';

/** The media type of every refusal outside GraphQL (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The body of a refusal: `detail` says what to do next. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** The detail of every 404 of an address where nothing is served. */
export const NOTHING_SERVED =
  'Nothing is served here: GraphQL is at /graphql, and callbacks are posted to /callbacks.';

/** A problem without a type of its own: its title is then the status's reason phrase (RFC 9457 §4.2.1). */
export function problem(status: number, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
}
