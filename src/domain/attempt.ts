import type { SessionCallback } from './callback.ts';
import type { Instant, SessionState, StageState } from './session.ts';
import { shownStatus } from './status.ts';
import { STAGE_NAMES } from './words.ts';

/**
 * Which run of its stage a callback belongs to (DESIGN §4.4). Decided once, on receipt, with the clock and
 * RESTART_QUIET_MS, and kept in the journal row: the fold reads it there.
 *
 * An Initiated long enough after the newest terminal suspects a restart; Authentication/Initiated reported once
 * more after AuthorizationFailed does so at once. What follows a suspected restart belongs to it.
 */
export function attemptFor(
  session: SessionState | null,
  callback: SessionCallback,
  receivedAt: Instant,
  restartQuietMs: number,
): number {
  const stage = session?.stages[callback.stage];
  if (session === null || stage === undefined) return 1;
  if (stage.shown === null) return stage.next;
  if (stage.suspected !== null) return stage.suspected.number;
  const restarts =
    callback.status === 'INITIATED' &&
    (isQuiet(stage, receivedAt, restartQuietMs) || isReauthentication(session, callback, stage));
  return stage.shown.number + (restarts ? 1 : 0);
}

function isQuiet({ shown }: StageState, receivedAt: Instant, restartQuietMs: number): boolean {
  return shown !== null && shown.terminalAt !== null && receivedAt - shown.terminalAt >= restartQuietMs;
}

function isReauthentication(
  session: SessionState,
  { stage: name }: SessionCallback,
  stage: StageState,
): boolean {
  return (
    name === 'AUTHENTICATION' &&
    stage.shown !== null &&
    stage.shown.facts.includes('INITIATED') &&
    STAGE_NAMES.some((other) => {
      const { shown } = session.stages[other];
      return shown !== null && shownStatus(shown.facts) === 'AUTHORIZATION_FAILED';
    })
  );
}
