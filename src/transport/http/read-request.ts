import { badInput } from '../../errors.ts';
import { hashIn, type SentRequest } from '../engine/named-document.ts';

const PARAMETERS: readonly string[] = ['query', 'variables', 'operationName', 'extensions'];
/** Names of a document's id, beside a hash in `extensions.persistedQuery`. */
const ID_PARAMETERS = ['documentId', 'doc_id', 'id'] as const;
const KNOWN: readonly string[] = [...PARAMETERS, ...ID_PARAMETERS];
const MAX_NAME_SHOWN = 40;

/**
 * Reads what was sent as an operation. Throws BAD_USER_INPUT where it is none (GraphQL over HTTP §"Request
 * Parameters"): whether the document is any good is for the engine to say.
 */
export function readRequest(value: unknown): SentRequest {
  if (Array.isArray(value)) throw badInput('Operations are sent one by one, not as a list.');
  if (!isRecord(value)) throw badInput('The body must be a JSON object with `query`.');
  refuseStranger(Object.keys(value).filter((name) => value[name] !== null));
  const { variables, operationName, extensions } = value;
  const query = value.query ?? '';
  if (typeof query !== 'string') throw badInput('`query` must be text.');
  if (!isAbsent(variables) && !isRecord(variables)) throw badInput('`variables` must be an object.');
  if (!isAbsent(operationName) && typeof operationName !== 'string') {
    throw badInput('`operationName` must be text.');
  }
  if (!isAbsent(extensions) && !isRecord(extensions)) throw badInput('`extensions` must be an object.');
  const documentId = documentIdIn(value);
  if (isAbsent(value.query) && documentId === undefined && hashIn(extensions) === undefined)
    throw badInput('`query` must be text.');
  return { query, variables, operationName, extensions, documentId };
}

function refuseStranger(names: readonly string[]): void {
  const stranger = names.find((name) => !KNOWN.includes(name));
  if (stranger === undefined) return;
  const name = JSON.stringify(stranger.slice(0, MAX_NAME_SHOWN));
  throw badInput(`Unknown parameter ${name}; known are ${KNOWN.join(', ')}.`);
}

/**
 * The same from the query string of a GET, where objects stand as JSON text. Other parameters may stand beside a document
 * (a label for logs); without one they are misspelt.
 */
export function readQueryString(url: URL): SentRequest {
  const names = [...url.searchParams.keys()];
  if (!['query', 'extensions', ...ID_PARAMETERS].some((name) => names.includes(name))) refuseStranger(names);
  const given = (name: string) => url.searchParams.get(name) ?? undefined;
  return readRequest({
    query: given('query'),
    operationName: given('operationName'),
    variables: readJson('variables', given('variables')),
    extensions: readJson('extensions', given('extensions')),
    ...Object.fromEntries(ID_PARAMETERS.map((name) => [name, given(name)])),
  });
}

function documentIdIn(value: Readonly<Record<string, unknown>>): string | undefined {
  const name = ID_PARAMETERS.find((one) => !isAbsent(value[one]));
  if (name === undefined) return undefined;
  const id = value[name];
  if (typeof id !== 'string') throw badInput(`\`${name}\` must be text.`);
  return id;
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
