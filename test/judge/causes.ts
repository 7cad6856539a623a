import type { Sending } from './disturb.ts';
import type { Report } from './report.ts';
import type { SimulatedSession } from './session.ts';
import { isTerminal } from './words.ts';

/** Why a session may be shown wrongly: the first that applies counts. */
export const CAUSES = [
  /** Every sending of the last run's last end was lost: nobody can know. */
  'lost end',
  /** Every sending of the end of an earlier stage of the last run was lost. */
  'lost earlier end',
  /** Every sending of a page, or of a list of accounts, of the last run was lost. */
  'lost page/accounts',
  /** A duplicate came 2 s or more after its original, or after a later callback of the same stage. */
  'late duplicate',
  /** A callback came after one that was reported later. */
  'reordering',
  /** Every sending of some other callback was lost. */
  'lost step',
  /** None of these happened: the rules themselves are wrong. */
  'rule',
] as const;
export type Cause = (typeof CAUSES)[number];

/** A duplicate this long after its original (milliseconds) is a late one. */
const LATE = 2_000;

/** The first thing that went wrong with the deliveries of a session and could explain why it is shown wrongly. */
export function causeOf(session: SimulatedSession): Cause {
  const arrived = session.sendings.filter((sending) => !sending.isLost);
  const arrivedReports = new Set(arrived.map((sending) => sending.report));
  const isLost = (report: Report): boolean => !arrivedReports.has(report);
  const lastRun = session.runs.at(-1)?.reports ?? [];
  const ends = lastRun.filter((report) => isTerminal(report.status));

  if (!isEndKnown(session)) return 'lost end';
  if (ends.some(isLost)) return 'lost earlier end';
  if (lastRun.some((report) => report.content.kind !== 'status' && isLost(report)))
    return 'lost page/accounts';
  if (hasLateDuplicate(arrived)) return 'late duplicate';
  if (hasReordering(arrived)) return 'reordering';
  if (session.runs.some((run) => run.reports.some(isLost))) return 'lost step';
  return 'rule';
}

/** Whether the last end of the last run arrived at least once: without it the truth cannot be known. */
export function isEndKnown(session: SimulatedSession): boolean {
  const end = session.runs.at(-1)?.reports.findLast((report) => isTerminal(report.status));
  return session.sendings.some((sending) => sending.report === end && !sending.isLost);
}

function hasLateDuplicate(arrived: readonly Sending[]): boolean {
  return arrived.some((sending, place) => {
    const before = arrived.slice(0, place);
    const { report } = sending;
    // Where the original was lost, its duplicate is the first that the receiver sees.
    if (!before.some((earlier) => earlier.report === report)) return false;
    if (sending.duplicateAfter !== null && sending.duplicateAfter >= LATE) return true;
    return before.some(
      (earlier) => earlier.report.order > report.order && earlier.report.stage === report.stage,
    );
  });
}

function hasReordering(arrived: readonly Sending[]): boolean {
  const seen = new Set<Report>();
  let latest = -1;
  for (const { report } of arrived) {
    if (seen.has(report)) continue;
    if (report.order < latest) return true;
    seen.add(report);
    latest = report.order;
  }
  return false;
}
