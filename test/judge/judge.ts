import { type Cause, causeOf, isEndKnown } from './causes.ts';
import type { Judged, Shown } from './judged.ts';
import type { SimulatedSession } from './session.ts';
import { createWatch, type FalseEnd } from './watch.ts';
import { isTerminal, STATUSES } from './words.ts';

/** What the judge found of one session. */
export interface Judgement {
  readonly session: SimulatedSession;
  /** What was shown at the end. */
  readonly shown: Shown | null;
  /** Whether outcome, stage and status are those of the truth. */
  readonly isRight: boolean;
  /** Why it is wrong; null where it is right. */
  readonly cause: Cause | null;
  /** Wrong, without saying that it still waits for something or that something is doubtful. */
  readonly isSilentlyWrong: boolean;
  /** Whether the last end arrived, so that the truth can be known. */
  readonly isKnowable: boolean;
  readonly premature: FalseEnd | null;
  readonly stale: FalseEnd | null;
}

export interface JudgeOptions {
  /** How long after the last arrival the end is looked at, in milliseconds of virtual time. */
  readonly lookAfter?: number;
}

/**
 * Delivers what arrives of the sessions, all of them at once as it happens, looks at a session after each of its
 * arrivals, and compares what is shown at the end with the truth. The system must be a new one, without any of these
 * sessions.
 */
export async function judge(
  judged: Judged,
  sessions: readonly SimulatedSession[],
  { lookAfter = 3_600_000 }: JudgeOptions = {},
): Promise<readonly Judgement[]> {
  const cases = sessions.map((session) => ({ session, watch: createWatch(session) }));
  const arrivals = cases.flatMap(({ session, watch }) =>
    session.sendings.filter((sending) => !sending.isLost).map((sending) => ({ session, watch, sending })),
  );
  arrivals.sort((a, b) => a.sending.at - b.sending.at);

  let now = 0;
  for (const { session, watch, sending } of arrivals) {
    now = sending.at;
    await judged.receive({ at: now, body: session.bodyOf(sending.report) });
    watch.look(sending, await judged.shown(session.sessionId, now));
  }

  const judgements: Judgement[] = [];
  for (const { session, watch } of cases) {
    const shown = await judged.shown(session.sessionId, now + lookAfter);
    const isRight = isTrue(session, shown);
    judgements.push({
      session,
      shown,
      isRight,
      cause: isRight ? null : causeOf(session),
      isSilentlyWrong: !isRight && isSilent(shown),
      isKnowable: isEndKnown(session),
      premature: watch.premature,
      stale: watch.stale,
    });
  }
  return judgements;
}

function isTrue({ truth }: SimulatedSession, shown: Shown | null): boolean {
  return shown?.outcome === truth.outcome && shown.stage === truth.stage && shown.status === truth.status;
}

const isEnd = (text: string): boolean => STATUSES.some((status) => status === text && isTerminal(status));

function isSilent(shown: Shown | null): boolean {
  // A session that is pending, or whose stage is under way, says itself that more is awaited.
  if (!shown || shown.outcome === 'PENDING' || !isEnd(shown.status)) return false;
  const { stalled, restartSuspected, conflict } = shown.flags;
  return !stalled && !restartSuspected && !conflict;
}
