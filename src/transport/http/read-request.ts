import { badInput } from '../../errors.ts';
import type { GraphqlRequest } from '../engine/request.ts';

const PARAMETERS: readonly string[] = ['query', 'variables', 'operationName', 'extensions'];

/**
 * Reads what was sent as an operation. Throws BAD_USER_INPUT where it is none (GraphQL over HTTP §"Request
 * Parameters"): whether the document is any good is for the engine to say.
 */
export function readRequest(value: unknown): GraphqlRequest {
  if (Array.isArray(value)) throw badInput('Operations are sent one by one, not as a list.');
  if (!isRecord(value)) throw badInput('The body must be a JSON object with `query`.');
  const stranger = Object.keys(value).find((name) => value[name] !== null && !PARAMETERS.includes(name));
  if (stranger !== undefined) throw badInput(`Unknown parameter; known are ${PARAMETERS.join(', ')}.`);
  const { query, variables, operationName, extensions } = value;
  if (typeof query !== 'string') throw badInput('`query` must be text.');
  if (!isAbsent(variables) && !isRecord(variables)) throw badInput('`variables` must be an object.');
  if (!isAbsent(operationName) && typeof operationName !== 'string') {
    throw badInput('`operationName` must be text.');
  }
  if (!isAbsent(extensions) && !isRecord(extensions)) throw badInput('`extensions` must be an object.');
  return { query, variables, operationName, extensions };
}

/** The same from the query string of a GET, where objects stand as JSON text. */
export function readQueryString(url: URL): GraphqlRequest {
  const given = (name: string) => url.searchParams.get(name) ?? undefined;
  return readRequest({
    query: given('query'),
    operationName: given('operationName'),
    variables: readJson('variables', given('variables')),
    extensions: readJson('extensions', given('extensions')),
  });
}

/** Throws BAD_USER_INPUT where the text is not JSON. */
export function readJson(name: string, text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw badInput(`${name} must be JSON.`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
