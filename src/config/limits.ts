import { integer } from './formats.ts';
import { type Variable, withDefault } from './variable.ts';

const DAY_MS = 86_400_000;

const limit = (
  fallback: number,
  [min, max]: readonly [number, number],
  unit: string,
  about: string,
): Variable<number> => withDefault(String(fallback), integer(min, max, unit), about);

/** The limits on what clients may request. What exceeds one is answered LIMIT_EXCEEDED, or with a close code. */
export const LIMIT_VARIABLES = {
  LIMIT_BODY_BYTES: limit(65_536, [1_024, 16_777_216], 'bytes', 'An operation over HTTP.'),
  LIMIT_TOKENS: limit(1_000, [50, 100_000], 'tokens', 'A document: its names, punctuation and values.'),
  LIMIT_DEPTH: limit(10, [2, 100], 'levels', 'A document: fields within fields.'),
  LIMIT_ALIASES: limit(
    15,
    [0, 10_000],
    'aliases',
    "A document: its aliases, `__typename`'s too, and fields selected again beside themselves.",
  ),
  LIMIT_DIRECTIVES: limit(5, [0, 10_000], 'directives', 'A document: its directives.'),
  LIMIT_COMPLEXITY: limit(
    10_000,
    [10, 10_000_000],
    'fields',
    'Fields that a document asks for: each counts once for every row of the pages around it.',
  ),
  LIMIT_FIELDS: limit(
    50_000,
    [100, 100_000_000],
    'fields',
    'Fields that an answer, or a message of a subscription, holds: counted while it is resolved.',
  ),
  LIMIT_RESPONSE_BYTES: limit(
    4_194_304,
    [1_024, 1_073_741_824],
    'bytes',
    'An answer, or a message of a subscription, as JSON.',
  ),
  LIMIT_EXECUTION_MS: limit(
    5_000,
    [10, 600_000],
    'milliseconds',
    'Execution of a query, or of a message of a subscription.',
  ),
  LIMIT_SOCKET_INIT_MS: limit(
    3_000,
    [100, 60_000],
    'milliseconds',
    'From the handshake of a WebSocket to connection_init.',
  ),
  LIMIT_SOCKET_FRAME_BYTES: limit(
    65_536,
    [1_024, 16_777_216],
    'bytes',
    'One message of a client on a WebSocket.',
  ),
  LIMIT_SOCKET_SUBSCRIPTIONS: limit(
    20,
    [1, 10_000],
    'subscriptions a socket',
    'Subscriptions of one WebSocket.',
  ),
  LIMIT_SOCKET_MESSAGES: limit(
    100,
    [10, 1_000_000],
    'messages a minute',
    'Messages of a client on a WebSocket, pings and pongs among them.',
  ),
  LIMIT_VIEWER_SOCKETS: limit(
    10,
    [1, 1_000_000],
    'sockets a viewer',
    'WebSockets of one viewer. Not counted in explore mode, where all are one viewer.',
  ),
  LIMIT_VIEWER_OPERATIONS: limit(
    6,
    [1, 10_000],
    'operations a viewer',
    'Queries, polls and openings of subscriptions of one viewer in execution; others wait. Not counted in explore mode.',
  ),
  LIMIT_VIEWER_WAITING: limit(
    64,
    [0, 100_000],
    'waiting operations a viewer',
    'Those that wait, for a second at most. Not counted in explore mode.',
  ),
  LIMIT_VIEWER_STREAMS: limit(
    10,
    [1, 1_000_000],
    'streams a viewer',
    'SSE streams of one viewer. Not counted in explore mode.',
  ),
  LIMIT_CONNECTIONS: limit(
    20_000,
    [10, 1_000_000],
    'connections',
    'Connections of any kind, to the whole gateway.',
  ),
  LIMIT_HEAD_MS: limit(5_000, [100, 600_000], 'milliseconds', 'For the head of a request to arrive.'),
  LIMIT_REQUEST_MS: limit(15_000, [100, DAY_MS], 'milliseconds', 'For a whole request to arrive.'),
  LIMIT_HEAD_BYTES: limit(16_384, [1_024, 1_048_576], 'bytes', "A request's head."),
} as const;

type LimitVariable = keyof typeof LIMIT_VARIABLES;

/** The limits by the names that the code uses; the table above describes each of them. */
export interface Limits {
  readonly bodyBytes: number;
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly complexity: number;
  readonly fields: number;
  readonly responseBytes: number;
  readonly executionMs: number;
  readonly socketInitMs: number;
  readonly socketFrameBytes: number;
  readonly socketSubscriptions: number;
  readonly socketMessages: number;
  readonly viewerSockets: number;
  readonly viewerOperations: number;
  readonly viewerWaiting: number;
  readonly viewerStreams: number;
  readonly connections: number;
  readonly headMs: number;
  readonly requestMs: number;
  readonly headBytes: number;
}

/** Frozen. */
export function toLimits(values: Readonly<Record<LimitVariable, number>>): Limits {
  return Object.freeze({
    bodyBytes: values.LIMIT_BODY_BYTES,
    tokens: values.LIMIT_TOKENS,
    depth: values.LIMIT_DEPTH,
    aliases: values.LIMIT_ALIASES,
    directives: values.LIMIT_DIRECTIVES,
    complexity: values.LIMIT_COMPLEXITY,
    fields: values.LIMIT_FIELDS,
    responseBytes: values.LIMIT_RESPONSE_BYTES,
    executionMs: values.LIMIT_EXECUTION_MS,
    socketInitMs: values.LIMIT_SOCKET_INIT_MS,
    socketFrameBytes: values.LIMIT_SOCKET_FRAME_BYTES,
    socketSubscriptions: values.LIMIT_SOCKET_SUBSCRIPTIONS,
    socketMessages: values.LIMIT_SOCKET_MESSAGES,
    viewerSockets: values.LIMIT_VIEWER_SOCKETS,
    viewerOperations: values.LIMIT_VIEWER_OPERATIONS,
    viewerWaiting: values.LIMIT_VIEWER_WAITING,
    viewerStreams: values.LIMIT_VIEWER_STREAMS,
    connections: values.LIMIT_CONNECTIONS,
    headMs: values.LIMIT_HEAD_MS,
    requestMs: values.LIMIT_REQUEST_MS,
    headBytes: values.LIMIT_HEAD_BYTES,
  });
}
