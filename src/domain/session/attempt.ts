import type { SessionCallback } from '../journal/callback.ts';
import { isTerminal, shownStatus } from '../status.ts';
import { STAGE_NAMES, type StageName } from '../words.ts';
import { needsAuthorization } from './outcome.ts';
import type { Instant, Session, SessionState, StageState } from './session.ts';

/** Which run of its stage a callback belongs to, and what it does to the runs. */
export interface Placement {
  readonly attempt: number;
  /** Its attempt, until then only suspected, is shown from now on. */
  readonly confirms: boolean;
  /** Every later stage becomes unobserved, at its next attempt. */
  readonly putsBack: boolean;
}

/** A callback at the moment it is placed. */
export interface Received {
  readonly callback: SessionCallback;
  readonly receivedAt: Instant;
  /** Whether it was received long ago, and is applied only now. */
  readonly isReplay: boolean;
}

/**
 * Decided once, on receipt, and kept in the journal row, so that the fold knows neither clock nor setting.
 *
 * An Initiated that comes `restartQuietMs` after the newest terminal suspects a restart, and so does a repeated
 * Authentication/Initiated at once after a sign-in that failed or was rejected. What follows a suspected restart belongs to it.
 */
export function placementOf(session: Session | null, received: Received, restartQuietMs: number): Placement {
  const attempt = attemptFor(session, received, restartQuietMs);
  return { attempt, ...effectOf(session, received.callback, attempt) };
}

function attemptFor(
  session: Session | null,
  { callback, receivedAt, isReplay }: Received,
  restartQuietMs: number,
): number {
  const stage = session?.stages[callback.stage];
  if (session === null || stage === undefined) return 1;
  if (isReplay) return attemptAt(stage, receivedAt);
  if (stage.shown === null) return stage.next;
  if (stage.suspected !== null) return stage.suspected.number;
  // An earlier stage runs again already: this one's turn comes.
  if (stage.passed && stage.shown.facts.some(isTerminal)) return stage.shown.number + 1;
  const restarts =
    callback.status === 'INITIATED' &&
    (isQuiet(stage, receivedAt, restartQuietMs) || isReauthentication(session, callback, stage));
  return stage.shown.number + (restarts ? 1 : 0);
}

/**
 * Whether the callback confirms the attempt it belongs to, and whether the road starts again with it: an attempt that
 * is only suspected is confirmed by its first terminal or, while the session shows a bad end, by its first callback
 * that is not Initiated. A first Authentication after a bad end starts the road again too (a refreshed session).
 */
export function effectOf(
  session: Session | null,
  { stage: name, status }: SessionCallback,
  attempt: number,
): Pick<Placement, 'confirms' | 'putsBack'> {
  if (session === null) return { confirms: false, putsBack: false };
  const { shown, next } = session.stages[name];
  const endedBadly = session.failedStage !== null;
  if (shown === null) {
    return { confirms: false, putsBack: endedBadly && name === 'AUTHENTICATION' && next === 1 };
  }
  const confirms = attempt > shown.number && (isTerminal(status) || (endedBadly && status !== 'INITIATED'));
  return { confirms, putsBack: confirms && endedBadly };
}

/** The run that was under way at a moment in the past: the last that had begun by then, else the first. */
function attemptAt({ past, shown, suspected, next, putBackAt }: StageState, at: Instant): number {
  const begun = [...past, ...(shown === null ? [] : [shown]), ...(suspected === null ? [] : [suspected])];
  const [first] = begun;
  if (first === undefined || (shown === null && putBackAt !== null && at >= putBackAt)) return next;
  return begun.findLast(({ startedAt }) => startedAt <= at)?.number ?? first.number;
}

function isQuiet({ shown }: StageState, receivedAt: Instant, restartQuietMs: number): boolean {
  return shown !== null && shown.terminalAt !== null && receivedAt - shown.terminalAt >= restartQuietMs;
}

function isReauthentication(
  session: SessionState,
  { stage: name }: SessionCallback,
  { shown }: StageState,
): boolean {
  return (
    name === 'AUTHENTICATION' &&
    shown !== null &&
    shown.facts.includes('INITIATED') &&
    (shownStatus(shown.facts) === 'FAILED' ||
      STAGE_NAMES.some((other) => needsAuthorization(session.stages[other])))
  );
}

/**
 * Whether bytes that an attempt of their stage holds already say nothing new, so that they are a repeat of it. A restart
 * and a late duplicate are byte for byte the same; taking these for duplicates is wrong least often:
 * - anything but Initiated, of a stage that the restart of an earlier one left behind, before the observed stage next
 *   before it has finished in the new run;
 * - a terminal, while the shown attempt has one: except where it is the status that is shown, and either a new attempt
 *   was both initiated and in progress, or an earlier stage was restarted. Old bytes may confirm a run; they never
 *   change a status.
 */
export function isOldNews(session: Session | null, { stage: name, status }: SessionCallback): boolean {
  if (session === null) return false;
  const { shown, suspected, next, passed } = session.stages[name];
  const isLeftBehind = shown === null ? next > 1 : passed;
  if (isLeftBehind && status !== 'INITIATED' && !hasFinishedBefore(session, name)) return true;
  if (shown === null || !isTerminal(status) || !shown.facts.some(isTerminal)) return false;
  if (status !== shownStatus(shown.facts)) return true;
  const runsAgain = suspected?.facts.includes('INITIATED') && suspected.facts.includes('IN_PROGRESS');
  return !passed && runsAgain !== true;
}

/** Whether the observed stage next before this one shows Finished. */
function hasFinishedBefore({ stages }: SessionState, name: StageName): boolean {
  const before = STAGE_NAMES.slice(0, STAGE_NAMES.indexOf(name)).findLast(
    (other) => stages[other].shown !== null,
  );
  const shown = before === undefined ? null : stages[before].shown;
  return shown !== null && shownStatus(shown.facts) === 'FINISHED';
}
