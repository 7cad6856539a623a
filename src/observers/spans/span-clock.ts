/** The system's clock may differ by so much from the process's before it is followed, in milliseconds. */
const FOLLOWED_MS = 20;

/**
 * Milliseconds since 1970 with fractions, as spans need them: a batch may take less than one. The system's clock has
 * none; the process's clock has them, and does not notice when the system's is set.
 */
export function createSpanClock(): () => number {
  let offset = performance.timeOrigin;
  return () => {
    const at = offset + performance.now();
    const late = Date.now() - at;
    if (Math.abs(late) < FOLLOWED_MS) return at;
    offset += late;
    return at + late;
  };
}
