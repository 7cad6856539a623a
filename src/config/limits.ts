/** How much anyone may ask for at once: one place for name, default, unit and range. Each is a variable, LIMIT_…. */
interface LimitRule {
  readonly variable: `LIMIT_${string}`;
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  /** What is counted, as a fault in the configuration says it. */
  readonly unit: string;
}

const rule = (
  variable: LimitRule['variable'],
  fallback: number,
  [min, max]: readonly [number, number],
  unit: string,
): LimitRule => ({ variable, fallback, min, max, unit });

const DAY_MS = 86_400_000;

/** Every limit by the name the code calls it. Those "a viewer" do not count in explore mode, where all are one. */
export const LIMIT_RULES = {
  /** Of an operation over HTTP. */
  bodyBytes: rule('LIMIT_BODY_BYTES', 65_536, [1_024, 16_777_216], 'bytes'),
  /** Of a document: names, punctuation, values. */
  tokens: rule('LIMIT_TOKENS', 1_000, [50, 100_000], 'tokens'),
  /** Fields within fields. */
  depth: rule('LIMIT_DEPTH', 10, [2, 100], 'levels'),
  /** Aliases of a document, `__typename`'s too, and fields selected again beside themselves. */
  aliases: rule('LIMIT_ALIASES', 15, [0, 10_000], 'aliases'),
  /** Directives of a document. */
  directives: rule('LIMIT_DIRECTIVES', 5, [0, 10_000], 'directives'),
  /** Fields that a document asks for: each counts once for every row of the pages around it. */
  complexity: rule('LIMIT_COMPLEXITY', 10_000, [10, 10_000_000], 'fields'),
  /** Fields that an answer, or a message of a subscription, holds: counted while it is resolved. */
  fields: rule('LIMIT_FIELDS', 50_000, [100, 100_000_000], 'fields'),
  /** Of the same, as JSON. */
  responseBytes: rule('LIMIT_RESPONSE_BYTES', 4_194_304, [1_024, 1_073_741_824], 'bytes'),
  /** Of a query, or of a message of a subscription. */
  executionMs: rule('LIMIT_EXECUTION_MS', 5_000, [10, 600_000], 'milliseconds'),
  /** From the handshake of a WebSocket to `connection_init`. */
  socketInitMs: rule('LIMIT_SOCKET_INIT_MS', 3_000, [100, 60_000], 'milliseconds'),
  /** One message of a client. */
  socketFrameBytes: rule('LIMIT_SOCKET_FRAME_BYTES', 65_536, [1_024, 16_777_216], 'bytes'),
  socketSubscriptions: rule('LIMIT_SOCKET_SUBSCRIPTIONS', 20, [1, 10_000], 'subscriptions a socket'),
  /** Messages of a client, pings and pongs among them. */
  socketMessages: rule('LIMIT_SOCKET_MESSAGES', 100, [10, 1_000_000], 'messages a minute'),
  viewerSockets: rule('LIMIT_VIEWER_SOCKETS', 10, [1, 1_000_000], 'sockets a viewer'),
  /** Queries, polls and openings of subscriptions in execution; others of the viewer wait. */
  viewerOperations: rule('LIMIT_VIEWER_OPERATIONS', 6, [1, 10_000], 'operations a viewer'),
  /** Those that wait, for a second at most. */
  viewerWaiting: rule('LIMIT_VIEWER_WAITING', 64, [0, 100_000], 'waiting operations a viewer'),
  viewerStreams: rule('LIMIT_VIEWER_STREAMS', 10, [1, 1_000_000], 'streams a viewer'),
  /** Of whatever kind, to the whole gateway. */
  connections: rule('LIMIT_CONNECTIONS', 20_000, [10, 1_000_000], 'connections'),
  /** For the head of a request to arrive. */
  headMs: rule('LIMIT_HEAD_MS', 5_000, [100, 600_000], 'milliseconds'),
  /** For a whole request to arrive. */
  requestMs: rule('LIMIT_REQUEST_MS', 15_000, [100, DAY_MS], 'milliseconds'),
  /** Of a request's head. */
  headBytes: rule('LIMIT_HEAD_BYTES', 16_384, [1_024, 1_048_576], 'bytes'),
} as const;

export type LimitName = keyof typeof LIMIT_RULES;
export type Limits = Readonly<Record<LimitName, number>>;

/** Every variable that sets a limit. */
export const LIMIT_VARIABLES: readonly string[] = Object.values(LIMIT_RULES).map(({ variable }) => variable);

/**
 * The limits as their variables' texts set them, the rest by default. Frozen. What cannot be used is told to `fault`,
 * with what is allowed.
 */
export function readLimits(
  texts: Readonly<Partial<Record<string, string>>>,
  fault: (variable: string, problem: string) => void,
): Limits {
  return toLimits(({ variable, min, max, unit }) => {
    const text = texts[variable];
    if (text === undefined) return undefined;
    const value = /^\d{1,12}$/.test(text) ? Number(text) : -1;
    if (value >= min && value <= max) return value;
    fault(variable, `is ${JSON.stringify(text)}; it must be a whole number of ${unit} from ${min} to ${max}`);
    return undefined;
  });
}

function toLimits(read: (rule: LimitRule) => number | undefined): Limits {
  const limit = (name: LimitName): number => read(LIMIT_RULES[name]) ?? LIMIT_RULES[name].fallback;
  return Object.freeze({
    bodyBytes: limit('bodyBytes'),
    tokens: limit('tokens'),
    depth: limit('depth'),
    aliases: limit('aliases'),
    directives: limit('directives'),
    complexity: limit('complexity'),
    fields: limit('fields'),
    responseBytes: limit('responseBytes'),
    executionMs: limit('executionMs'),
    socketInitMs: limit('socketInitMs'),
    socketFrameBytes: limit('socketFrameBytes'),
    socketSubscriptions: limit('socketSubscriptions'),
    socketMessages: limit('socketMessages'),
    viewerSockets: limit('viewerSockets'),
    viewerOperations: limit('viewerOperations'),
    viewerWaiting: limit('viewerWaiting'),
    viewerStreams: limit('viewerStreams'),
    connections: limit('connections'),
    headMs: limit('headMs'),
    requestMs: limit('requestMs'),
    headBytes: limit('headBytes'),
  });
}

/** The limits where nothing is set. */
export const DEFAULT_LIMITS: Limits = toLimits(() => undefined);
