import type { Session, SessionState } from './session.ts';
import { hasConflict, type StageView, stageView } from './stage-view.ts';
import { isTerminal } from './status.ts';
import { type NextAction, type SessionOutcome, STAGE_NAMES, type StageName } from './words.ts';

/**
 * The session as a whole (DESIGN §6 `outcome`): the first rule that holds over the shown attempts. Once the last
 * expected stage has finished, only expected stages count, so that one beyond them never takes SUCCEEDED back.
 */
export function outcomeOf(session: SessionState, expectedStages: readonly StageName[]): SessionOutcome {
  const last = expectedStages.at(-1);
  const finished = last !== undefined && stageView(session, last).status === 'FINISHED';
  const rule = troubleOf(session, finished ? expectedStages : STAGE_NAMES);
  return rule ?? (finished ? 'SUCCEEDED' : 'PENDING');
}

/**
 * Whether the session ended badly, so that one more callback confirms a restart (DESIGN §4.4). It is the rules of
 * `outcome` over all stages, which read no setting: the fold must give the same rows under any.
 */
export function endedBadly(session: SessionState): boolean {
  const trouble = troubleOf(session, STAGE_NAMES);
  return trouble !== null && trouble !== 'PENDING';
}

/** The rules before SUCCEEDED, over the named stages; null where none of them holds. */
function troubleOf(
  session: SessionState,
  names: readonly StageName[],
): Exclude<SessionOutcome, 'SUCCEEDED'> | null {
  const stages = names.map((name) => stageView(session, name)).filter((stage) => stage.observed);
  if (stages.some((stage) => needsAuthorization(stage))) return 'NEEDS_AUTHORIZATION';
  if (stages.some((stage) => stage.status !== null && !isTerminal(stage.status))) return 'PENDING';
  const failed = stages.some((stage) => stage.status === 'FAILED');
  const short = stages.some((stage) => stage.progress !== null && stage.progress.done < stage.progress.total);
  const arrived = session.accounts.length > 0 || session.transactionPages.length > 0;
  if ((failed || short) && arrived) return 'PARTIALLY_SUCCEEDED';
  return failed ? 'FAILED' : null;
}

/** A confirmed restart of Authentication puts the later stages back to unobserved, so no look at it is needed. */
function needsAuthorization({ status }: StageView): boolean {
  return status === 'AUTHORIZATION_FAILED' || status === 'AUTHENTICATION_REQUIRED';
}

/** What the person, or whoever serves them, does next. */
export function nextActionOf(session: SessionState, outcome: SessionOutcome): NextAction {
  if (outcome === 'NEEDS_AUTHORIZATION') return 'REAUTHENTICATE';
  if (stageView(session, 'AUTHENTICATION').status === 'FAILED') return 'REAUTHENTICATE';
  return outcome === 'PENDING' ? 'WAIT' : 'NONE';
}

/** The furthest stage observed since the last confirmed restart of an earlier one. */
export function currentStageOf(session: SessionState): StageName {
  const current = STAGE_NAMES.findLast((name) => {
    const stage = session.stages[name];
    return stage.shown !== null && !stage.passed;
  });
  if (current === undefined) throw new Error('a session has at least one observed stage');
  return current;
}

/** The session as it is stored and shown under this deployment's EXPECTED_STAGES. */
export function deriveSession(state: SessionState, expectedStages: readonly StageName[]): Session {
  const stage = currentStageOf(state);
  const { status } = stageView(state, stage);
  if (status === null) throw new Error('the current stage is observed');
  const outcome = outcomeOf(state, expectedStages);
  return {
    ...state,
    stage,
    status,
    outcome,
    nextAction: nextActionOf(state, outcome),
    conflict: STAGE_NAMES.some((name) => hasConflict(state.stages[name])),
  };
}
