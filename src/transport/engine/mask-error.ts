import { GraphQLError, Kind } from 'graphql';
import { CallboardError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { type Emit, emitUnexpected, UNOBSERVED } from '../../observe.ts';

/** What a client reads of anything that it may not know. */
const MASKED = 'Unexpected error.';

/**
 * Everything thrown while an operation was answered, as the client may read it: always with `extensions.code` and
 * `extensions.retryable`. What was not meant for a reader is masked and reported, once; its
 * `extensions.errorId` finds the report.
 */
export type MaskError = (error: unknown) => GraphQLError;

export function createMaskError({
  log,
  emit = UNOBSERVED,
}: {
  readonly log: Logger;
  readonly emit?: Emit | undefined;
}): MaskError {
  // A masked error is seen again where Yoga hands a result on: it is neither masked nor logged twice.
  const done = new WeakSet<GraphQLError>();
  return (error) => {
    if (error instanceof GraphQLError && done.has(error)) return error;
    const masked = maskSafely(error, log, emit);
    done.add(masked);
    return masked;
  };
}

/** What was thrown may throw again where it is looked at. */
function maskSafely(error: unknown, log: Logger, emit: Emit): GraphQLError {
  try {
    return mask(error, log, emit);
  } catch {
    const what = 'an operation failed unexpectedly, by an error that cannot be read';
    return new GraphQLError(MASKED, { extensions: internal(emitUnexpected(emit, what, undefined)) });
  }
}

const internal = (errorId: string) => ({ code: 'INTERNAL_SERVER_ERROR', retryable: false, errorId });

function mask(error: unknown, log: Logger, emit: Emit): GraphQLError {
  const known = findCause(error, (cause) => cause instanceof CallboardError);
  if (known instanceof CallboardError) {
    if (known.cause !== undefined) log.warn({ err: known }, 'an operation was refused');
    return located(error, known.message, { code: known.code, retryable: known.retryable });
  }
  if (error instanceof GraphQLError) {
    const { code } = error.extensions;
    if (typeof code === 'string') return located(error, error.message, { code, retryable: false });
    if (isInputFault(error))
      return located(error, error.message, { code: 'BAD_USER_INPUT', retryable: false });
  }
  const errorId = emitUnexpected(emit, 'an operation failed unexpectedly', error);
  return located(error, MASKED, internal(errorId));
}

/** Walks the chain of `originalError` and `cause`, the error itself first; null where nothing fits. */
function findCause(error: unknown, fits: (cause: Error) => boolean): Error | null {
  const seen = new Set<unknown>();
  let current = error;
  while (current instanceof Error && !seen.has(current)) {
    if (fits(current)) return current;
    seen.add(current);
    current =
      current instanceof GraphQLError && current.originalError ? current.originalError : current.cause;
  }
  return null;
}

/**
 * Whether graphql itself refused what the client sent: variables and the choice of the operation have no path; a
 * refused argument points at its value. A result that cannot be serialised points at its field: that is our fault.
 */
function isInputFault(error: GraphQLError): boolean {
  // What Yoga wraps points nowhere, neither at a field nor at a part of the document.
  if (error.path === undefined) return error.nodes !== undefined || error.originalError == null;
  const root = rootOf(error);
  const node = root?.nodes?.[0];
  return node !== undefined && node.kind !== Kind.FIELD;
}

/** The innermost GraphQLError, where nothing else was thrown. */
function rootOf(error: GraphQLError): GraphQLError | null {
  const { originalError } = error;
  if (originalError == null) return error;
  return originalError instanceof GraphQLError ? rootOf(originalError) : null;
}

function located(error: unknown, message: string, extensions: Record<string, unknown>): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions });
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}
