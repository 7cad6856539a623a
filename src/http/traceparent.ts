/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values: ids of zeros and version ff are not valid. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** A `traceparent` as it was sent; null where it is absent or not valid by W3C Trace Context. */
export function readTraceparent(sent: unknown): string | null {
  return typeof sent === 'string' && TRACEPARENT.test(sent) ? sent : null;
}
