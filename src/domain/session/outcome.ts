import { isTerminal, shownStatus } from '../status.ts';
import {
  type NextAction,
  type SessionOutcome,
  STAGE_NAMES,
  type StageName,
  type StageStatus,
} from '../words.ts';
import type { ReportedIn, Session, SessionState, StageState } from './session.ts';
import { hasConflict, isOfThisRun } from './stage-view.ts';
import { ofStage } from './stages.ts';

/** The session as a whole, and the stage that decides its outcome: null with PENDING and SUCCEEDED. */
export interface Verdict {
  readonly outcome: SessionOutcome;
  readonly failedStage: StageName | null;
}

const PENDING: Verdict = Object.freeze({ outcome: 'PENDING', failedStage: null });
const SUCCEEDED: Verdict = Object.freeze({ outcome: 'SUCCEEDED', failedStage: null });

/**
 * The first rule that applies, over the shown attempts. A session ends with the last expected stage: when that has
 * finished, or when a stage after it was received and it has not failed. A stage after it counts for that only; an
 * unexpected stage before it counts until the session has ended.
 */
function verdictOf(session: SessionState, expectedStages: readonly StageName[]): Verdict {
  const { stages } = session;
  const end = expectedStages.reduce((last, name) => Math.max(last, STAGE_NAMES.indexOf(name)), 0);
  const ended = hasEnded(session, end);
  const counted = STAGE_NAMES.filter((name, place) => (ended ? expectedStages.includes(name) : place <= end));
  const unauthorized = counted.findLast((name) => needsAuthorization(ofStage(stages, name)));
  if (unauthorized !== undefined) return { outcome: 'NEEDS_AUTHORIZATION', failedStage: unauthorized };

  const failed = counted.findLast((name) => statusOf(ofStage(stages, name)) === 'FAILED') ?? null;
  const short = ended
    ? (counted.findLast((name, place) => endedShort(session, name, counted.slice(place))) ?? null)
    : null;
  if (failed === null && ended) return short === null ? SUCCEEDED : partly(short);
  if (failed === null || (!ended && isAwaited(session, counted))) return PENDING;
  const isPartial = short !== null || hasBrought(session);
  return { outcome: isPartial ? 'PARTIALLY_SUCCEEDED' : 'FAILED', failedStage: failed };
}

/** Whether a stage is under way and no later stage of this run was received. */
function isAwaited(session: SessionState, counted: readonly StageName[]): boolean {
  return counted.some(
    (name) =>
      isUnderWay(ofStage(session.stages, name)) && !isReceivedAfter(session, STAGE_NAMES.indexOf(name)),
  );
}

const partly = (failedStage: StageName): Verdict => ({ outcome: 'PARTIALLY_SUCCEEDED', failedStage });

function hasEnded(session: SessionState, end: number): boolean {
  const last = STAGE_NAMES[end];
  const status = last === undefined ? null : statusOf(session.stages[last]);
  return status === 'FINISHED' || (status !== 'FAILED' && isReceivedAfter(session, end));
}

/** Whether a stage after this one was received in this run. */
function isReceivedAfter({ stages }: SessionState, place: number): boolean {
  return STAGE_NAMES.some((name, other) => other > place && isOfRun(ofStage(stages, name)));
}

/** Whether it was received in this run: no restart of an earlier stage has left it behind since. */
const isOfRun = ({ shown, passed }: StageState): boolean => shown !== null && !passed;

function statusOf({ shown }: StageState): StageStatus | null {
  return shown === null ? null : shownStatus(shown.facts);
}

/** A stage that an earlier one's restart has left behind is not under way in this run. */
function isUnderWay(stage: StageState): boolean {
  const status = statusOf(stage);
  return status !== null && !isTerminal(status) && !stage.passed;
}

/**
 * Whether its Finished itself reported incomplete progress; progress reported before it no longer counts. While a later
 * stage is still as an earlier run left it, this run is not over.
 */
function endedShort({ stages }: SessionState, name: StageName, onwards: readonly StageName[]): boolean {
  const { shown } = ofStage(stages, name);
  if (shown === null || shownStatus(shown.facts) !== 'FINISHED') return false;
  if (onwards.some((other) => stages[other].passed)) return false;
  return shown.endProgress !== null && shown.endProgress.done < shown.endProgress.total;
}

/** Whether this run delivered anything. */
function hasBrought(session: SessionState): boolean {
  const isOfIt = ({ reportedIn }: { readonly reportedIn: ReportedIn }) => isOfThisRun(session, reportedIn);
  return session.accounts.some(isOfIt) || session.transactionPages.some(isOfIt);
}

/** A confirmed restart of Authentication resets the later stages to unobserved, so it needs no check here. */
export function needsAuthorization(stage: StageState): boolean {
  const status = statusOf(stage);
  return status === 'AUTHORIZATION_FAILED' || status === 'AUTHENTICATION_REQUIRED';
}

/** What the person, or their support, does next. */
function nextActionOf(session: SessionState, outcome: SessionOutcome): NextAction {
  if (outcome === 'NEEDS_AUTHORIZATION') return 'REAUTHENTICATE';
  if (statusOf(session.stages.AUTHENTICATION) === 'FAILED') return 'REAUTHENTICATE';
  return outcome === 'PENDING' ? 'WAIT' : 'NONE';
}

/** The furthest stage observed since the last confirmed restart of an earlier one. */
export function currentStageOf(session: Pick<SessionState, 'stages'>): StageName {
  const current = STAGE_NAMES.findLast((name) => {
    return isOfRun(ofStage(session.stages, name));
  });
  if (current === undefined) throw new Error('a session has at least one observed stage');
  return current;
}

/** The session as it is stored and shown under this deployment's EXPECTED_STAGES. */
export function deriveSession(state: SessionState, expectedStages: readonly StageName[]): Session {
  const stage = currentStageOf(state);
  const status = statusOf(ofStage(state.stages, stage));
  if (status === null) throw new Error('the current stage is observed');
  const { outcome, failedStage } = verdictOf(state, expectedStages);
  // Written out, because this is done for each callback, and spreading this many fields costs more than deriving.
  return {
    sessionId: state.sessionId,
    externalId: state.externalId,
    userId: state.userId,
    bankId: state.bankId,
    isSca: state.isSca,
    stages: state.stages,
    accounts: state.accounts,
    transactionPages: state.transactionPages,
    version: state.version,
    position: state.position,
    createdAt: state.createdAt,
    updatedAt: state.updatedAt,
    lastFactAt: state.lastFactAt,
    stage,
    status,
    outcome,
    failedStage,
    nextAction: nextActionOf(state, outcome),
    conflict: STAGE_NAMES.some((name) => hasConflict(ofStage(state.stages, name))),
  };
}
