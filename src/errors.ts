/** The error codes that a client reads in `extensions.code`. */
export const ERROR_CODES = [
  'BAD_USER_INPUT',
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
  'CURSOR_INVALID',
  'LIMIT_EXCEEDED',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'TIMEOUT',
  'INTERNAL_SERVER_ERROR',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

const STATUS: Readonly<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  CURSOR_INVALID: 400,
  LIMIT_EXCEEDED: 400,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  TIMEOUT: 503,
  INTERNAL_SERVER_ERROR: 500,
};

const RETRYABLE: ReadonlySet<ErrorCode> = new Set(['RATE_LIMITED', 'UNAVAILABLE', 'TIMEOUT']);

/**
 * An error whose message may be shown to the client: it says what is wrong and what to do next, and holds no personal
 * data. Any other error is masked before it is sent, and logged once.
 */
export class CallboardError extends Error {
  override readonly name = 'CallboardError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** The corresponding HTTP status. */
  get status(): number {
    return STATUS[this.code];
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    return RETRYABLE.has(this.code);
  }
}

/** The argument is wrong; the message names it and what is allowed. */
export function badInput(message: string): CallboardError {
  return new CallboardError('BAD_USER_INPUT', message);
}

/** The store cannot be reached, or the gateway is full or stopping: worth trying again. */
export function unavailable(message: string, cause?: unknown): CallboardError {
  return new CallboardError('UNAVAILABLE', message, { cause });
}

/** The default of a `switch` over a closed set: a forgotten member fails to compile here. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
