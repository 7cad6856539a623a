/** Why a request of our own failed: fetch's own message says nothing, its cause does. Other errors have their message. */
export function failureReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  // Where a name has several addresses the error gathers those of each, and has no message of its own.
  if (cause instanceof AggregateError && cause.message === '')
    return cause.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  return cause.message || cause.name;
}
