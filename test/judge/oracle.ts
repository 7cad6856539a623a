import type { Judged } from './judged.ts';
import type { SimulatedSession } from './session.ts';

const NO_FLAGS = { stalled: false, restartSuspected: false, conflict: false };

/** A system that is given the truth: what the best one would show, and a check of the judge itself. */
export function createOracle(sessions: readonly SimulatedSession[]): Judged {
  const known = new Map(sessions.map((session) => [session.sessionId, session]));
  return {
    receive: () => undefined,
    shown: (sessionId, at) => {
      const session = known.get(sessionId);
      const current = session?.runs.findLastIndex((run) => (run.reports[0]?.at ?? 0) <= at) ?? -1;
      const truth = session?.truths[current];
      if (!truth) return null;
      const { outcome, stage, status, nextAction, endedAt } = truth;
      if (at < endedAt)
        return { outcome: 'PENDING', stage, status: 'IN_PROGRESS', nextAction: 'NONE', flags: NO_FLAGS };
      return { outcome, stage, status, nextAction, flags: NO_FLAGS };
    },
  };
}
