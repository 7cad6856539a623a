import type { SessionCallback } from '../journal/callback.ts';
import { isTerminal, shownStatus } from '../status.ts';
import { STAGE_NAMES, type StageName } from '../words.ts';
import { needsAuthorization } from './outcome.ts';
import type { Instant, Session, SessionState, StageState } from './session.ts';
import { ofStage } from './stages.ts';

/** The run of its stage that a callback belongs to, and its effect on the runs. */
export interface Placement {
  readonly attempt: number;
  /** It confirms its attempt, which was only suspected: the attempt is shown from now on. */
  readonly confirms: boolean;
  /** It resets every later stage to unobserved, with its next attempt to come. */
  readonly putsBack: boolean;
}

/** A callback at the moment it is placed. */
export interface Received {
  readonly callback: SessionCallback;
  readonly receivedAt: Instant;
  /** Whether it was quarantined on receipt and is replayed now. */
  readonly isReplay: boolean;
}

/**
 * Decided once, on receipt, and kept in the journal row, so that the fold depends on neither clock nor settings.
 *
 * An Initiated that comes at least `restartQuietMs` after the newest terminal status begins a suspected restart, and so
 * does, without that delay, a repeated Authentication/Initiated after a sign-in that failed or was rejected. Callbacks
 * that follow a suspected restart belong to it.
 */
export function placementOf(session: Session | null, received: Received, restartQuietMs: number): Placement {
  const attempt = attemptFor(session, received, restartQuietMs);
  const { confirms, putsBack } = effectOf(session, received.callback, attempt);
  return { attempt, confirms, putsBack };
}

function attemptFor(
  session: Session | null,
  { callback, receivedAt, isReplay }: Received,
  restartQuietMs: number,
): number {
  if (session === null) return 1;
  const stage = ofStage(session.stages, callback.stage);
  if (isReplay) return attemptAt(stage, receivedAt);
  if (stage.shown === null) return stage.next;
  if (stage.suspected !== null) return stage.suspected.number;
  // An earlier stage is running again already: this one will follow.
  if (stage.passed && stage.shown.facts.some(isTerminal)) return stage.shown.number + 1;
  const restarts =
    callback.status === 'INITIATED' &&
    (isQuiet(stage, receivedAt, restartQuietMs) || isReauthentication(session, callback, stage));
  return stage.shown.number + (restarts ? 1 : 0);
}

/**
 * Whether the callback confirms the attempt it belongs to, and whether it resets the later stages. A suspected attempt is
 * confirmed by its first terminal status or, while the session has a `failedStage`, by its first callback that is not
 * Initiated. While the session has a `failedStage`, the callback resets the later stages where it confirms an attempt,
 * and where it is the first of Authentication (a refreshed session).
 */
export function effectOf(
  session: Session | null,
  { stage: name, status }: SessionCallback,
  attempt: number,
): Pick<Placement, 'confirms' | 'putsBack'> {
  if (session === null) return { confirms: false, putsBack: false };
  const { shown, next } = ofStage(session.stages, name);
  const endedBadly = session.failedStage !== null;
  if (shown === null) {
    return { confirms: false, putsBack: endedBadly && name === 'AUTHENTICATION' && next === 1 };
  }
  const confirms = attempt > shown.number && (isTerminal(status) || (endedBadly && status !== 'INITIATED'));
  return { confirms, putsBack: confirms && endedBadly };
}

/** The run that was under way at a past moment: the last that had begun by then, else the first. */
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
 * Whether a body that an attempt of its stage already holds is a repeat of it. A callback of a restart and a late
 * duplicate have the same bytes; counting these as duplicates is wrong least often:
 * - any status except Initiated, of a stage that the restart of an earlier one left behind, until the nearest observed
 *   stage before it has finished in the new run;
 * - a terminal status, while the shown attempt has one: except where it is the shown status, and either a new attempt
 *   was both initiated and in progress, or an earlier stage was restarted. Old bytes may confirm a run; they never
 *   change a status.
 */
export function isOldNews(session: Session | null, { stage: name, status }: SessionCallback): boolean {
  if (session === null) return false;
  const { shown, suspected, next, passed } = ofStage(session.stages, name);
  const isLeftBehind = shown === null ? next > 1 : passed;
  if (isLeftBehind && status !== 'INITIATED' && !hasFinishedBefore(session, name)) return true;
  if (shown === null || !isTerminal(status) || !shown.facts.some(isTerminal)) return false;
  if (status !== shownStatus(shown.facts)) return true;
  const runsAgain = suspected?.facts.includes('INITIATED') && suspected.facts.includes('IN_PROGRESS');
  return !passed && runsAgain !== true;
}

/** Whether the nearest observed stage before this one shows Finished. */
function hasFinishedBefore({ stages }: SessionState, name: StageName): boolean {
  const before = STAGE_NAMES.slice(0, STAGE_NAMES.indexOf(name)).findLast(
    (other) => stages[other].shown !== null,
  );
  const shown = before === undefined ? null : stages[before].shown;
  return shown !== null && shownStatus(shown.facts) === 'FINISHED';
}
