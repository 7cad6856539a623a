/** The time between two reports. */
const EVERY_MS = 2_000;

/** Throttles progress reports: passes on the first at once, then at most one every two seconds. */
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
