import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export type Headers = Readonly<Record<string, string>>;

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed where the body is JSON, else null. */
  readonly json: unknown;
}

/** A GraphQL result as it came, from whichever transport. */
export interface Result {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** What one operation asks. */
export interface Operation {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string | Uint8Array;
}

/** One HTTP request on a connection of its own, so that nothing stays open behind a test. Redirects are not followed. */
export async function send(url: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Answer> {
  const response = await open(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) };
}

/** The same, resolved as soon as the answer's head is here. */
export function open(
  url: string,
  { method = 'GET', headers = {}, body }: Sent = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, resolve);
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Delivers a callback: an object as JSON, text and bytes as they are. Every answer resolves, refusals too. */
export function postCallback(
  url: string,
  body: object | string | Uint8Array,
  headers: Headers = {},
): Promise<Answer> {
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return send(`${url}/callbacks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: bytes,
  });
}

/** Asks over `POST /graphql`. Errors stand in the result; an answer that is not GraphQL's throws. */
export async function query(
  url: string,
  document: string,
  variables: Readonly<Record<string, unknown>> = {},
  headers: Headers = {},
): Promise<Answer & Result> {
  const answer = await send(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query: document, variables }),
  });
  return { ...answer, ...toResult(answer.json) };
}

/** Reads a GraphQL result; throws on anything else. */
export function toResult(value: unknown): Result {
  if (!isResult(value)) throw new Error(`not a GraphQL result: ${JSON.stringify(value)}`);
  return value;
}

function isResult(value: unknown): value is Result {
  return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);
}

/** The value at a path: `at(result.data, 'session', 'stages', 0, 'name')`; undefined where there is none. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** The same where text is expected, such as a cursor or an id; throws where there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found !== 'string') throw new Error(`no text at ${path.join('.')} of ${JSON.stringify(value)}`);
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
