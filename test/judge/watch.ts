import type { Sending } from './disturb.ts';
import type { Shown } from './judged.ts';
import type { SimulatedSession } from './session.ts';

/** An outcome other than PENDING, shown while the true run was under way. */
export interface FalseEnd {
  /** When it was seen, and after which arrival. */
  readonly at: number;
  readonly after: Sending;
  readonly shown: Shown;
}

/** Watches one session for false ends: to be given what is shown after each of its arrivals. */
export interface Watch {
  look(arrival: Sending, shown: Shown | null): void;
  /** The first end that was shown of a run that had not ended. */
  readonly premature: FalseEnd | null;
  /** The first time that what was shown before a run began was still shown after a callback of it had arrived. */
  readonly stale: FalseEnd | null;
}

export function createWatch(session: SimulatedSession): Watch {
  const begins = session.runs.map((run) => run.reports[0]?.at ?? 0);
  let premature: FalseEnd | null = null;
  let stale: FalseEnd | null = null;
  let known = 0;
  let leftOver: string | null = null;
  let lastShown: string | null = null;

  return {
    look(after, shown) {
      const { at, report } = after;
      if (report.run > known) {
        known = report.run;
        leftOver = lastShown;
      }
      lastShown = shown?.outcome ?? null;
      if (shown?.outcome !== leftOver) leftOver = null;

      const current = begins.findLastIndex((begin) => begin <= at);
      const endedAt = session.truths[current]?.endedAt ?? 0;
      // Of a run of which nothing has arrived, nobody can know that it began.
      if (!shown || shown.outcome === 'PENDING' || current > known || at >= endedAt) return;
      if (leftOver !== null) stale ??= { at, after, shown };
      else premature ??= { at, after, shown };
    },
    get premature() {
      return premature;
    },
    get stale() {
      return stale;
    },
  };
}
