/** Between two lines for a person who waits. */
const EVERY_MS = 2_000;

/** Passes on how far something is: at once, and then at most every two seconds, however often it is called. */
export function createSteadyReport(
  report: (position: number, last: number) => void,
  everyMs = EVERY_MS,
): (position: number, last: number) => void {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (position, last) => {
    const now = performance.now();
    if (now - reportedAt < everyMs) return;
    reportedAt = now;
    report(position, last);
  };
}
