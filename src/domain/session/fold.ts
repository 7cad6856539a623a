import type { SessionCallback } from '../journal/callback.ts';
import { mergeAccounts, mergePages, mergeProgress } from '../merge.ts';
import { isTerminal, rank, shownStatus, withFact } from '../status.ts';
import { STAGE_NAMES, type StageName } from '../words.ts';
import type { Placement } from './attempt.ts';
import { currentStageOf } from './outcome.ts';
import type { Attempt, Instant, SessionState, StageState } from './session.ts';
import { hasConflict, progressOf, type ShownProgress, summaryOf } from './stage-view.ts';
import { mapStages, NOT_YET, ofStage, type Stages, withMembers } from './stages.ts';

/** A journal row about a session, as the fold reads it: no clock and no settings. */
export interface SessionFactRow extends Placement {
  readonly position: number;
  readonly receivedAt: Instant;
  /** The quarantined row that it replays, else null. A replayed row counts as old as its `receivedAt`. */
  readonly replayOf: number | null;
  /** The version it gave its session, where it was recorded before: a recomputation may have raised the version. */
  readonly version?: number | null;
  readonly callback: SessionCallback;
}

/** The effect of a row on a session. */
export interface FoldedSession {
  readonly state: SessionState;
  /** Paths of the fields that visibly changed, e.g. `stages.ACCOUNTS.status`; empty where only a fact was added. */
  readonly changed: readonly string[];
  /** Whether the fact came after its stage had gone further, or belongs to an attempt that is not shown. */
  readonly late: boolean;
  /** How many items it reported beyond the limits of the lists: they are not in the state. */
  readonly leftOut: LeftOut;
}

/** How many accounts and first pages of a callback were left out of their session. */
export interface LeftOut {
  readonly accounts: number;
  readonly transactionPages: number;
}

/**
 * Applies one journal row to a session: pure, total, and the only place where a session's state comes from.
 * Rows come in the order of position. Each raises the version, since facts are visible.
 */
export function foldSession(before: SessionState | null, row: SessionFactRow): FoldedSession {
  const { callback, position, receivedAt, attempt } = row;
  const held = before ?? newSession(row);
  const under = { stage: callback.stage, attempt, receivedAt };
  const accounts = mergeAccounts(held.accounts, callback.accounts, under);
  const pages = callback.page === null ? null : mergePages(held.transactionPages, callback.page, under);
  const leftOut = { accounts: accounts.leftOut, transactionPages: pages?.leftOut ?? 0 };
  const merged = {
    externalId: held.externalId ?? callback.externalId,
    isSca: held.isSca ?? callback.isSca,
    accounts: accounts.items,
    transactionPages: pages === null ? held.transactionPages : pages.items,
    stages: foldStages(held.stages, row),
  };
  const changed = changedPaths(held, merged);
  const version = Math.max(held.version + 1, row.version ?? 0);
  // Written out, because spreading this many fields costs more than the rest of the fold.
  const state: SessionState = {
    sessionId: held.sessionId,
    externalId: merged.externalId,
    userId: held.userId,
    bankId: held.bankId,
    isSca: merged.isSca,
    stages: mapStages(merged.stages, (stage, name) =>
      name === callback.stage || ofStage(PATHS, name).all.some((path) => changed.includes(path))
        ? changedIn(stage, version, receivedAt)
        : stage,
    ),
    accounts: merged.accounts,
    transactionPages: merged.transactionPages,
    version,
    position,
    createdAt: held.createdAt,
    updatedAt: Math.max(held.updatedAt, receivedAt),
    lastFactAt: Math.max(held.lastFactAt, receivedAt),
  };
  return { state, changed, late: isLate(ofStage(merged.stages, callback.stage), row), leftOut };
}

function newSession({ callback, position, receivedAt }: SessionFactRow): SessionState {
  return {
    sessionId: callback.sessionId,
    externalId: null,
    userId: callback.userId,
    bankId: callback.bank.bankId,
    isSca: null,
    stages: {
      AUTHENTICATION: NOT_YET,
      ACCOUNTS: NOT_YET,
      ACCOUNT_BALANCES: NOT_YET,
      TRANSACTIONS: NOT_YET,
      TRANSACTION_DETAILS: NOT_YET,
    },
    accounts: [],
    transactionPages: [],
    version: 0,
    position,
    createdAt: receivedAt,
    updatedAt: receivedAt,
    lastFactAt: receivedAt,
  };
}

function foldStages(stages: Stages, row: SessionFactRow): Stages {
  const { stage: name } = row.callback;
  const stage = foldStage(ofStage(stages, name), row);
  if (!row.confirms && !row.putsBack) {
    return mapStages(stages, (other, otherName) => (otherName === name ? stage : other));
  }
  const place = STAGE_NAMES.indexOf(name);
  const beganAt = stage.shown?.startedAt ?? row.receivedAt;
  return mapStages(stages, (other, otherName) => {
    if (otherName === name) return stage;
    if (STAGE_NAMES.indexOf(otherName) < place || other.shown === null) return other;
    if (row.putsBack) return putBack(other, row.receivedAt);
    // What was reported since the new run began is of the new run.
    return other.shown.lastFactAt >= beganAt ? other : withMembers(other, { passed: true });
  });
}

function foldStage(stage: StageState, row: SessionFactRow): StageState {
  const { shown, suspected, past } = stage;
  const isOfThePast = row.attempt < (shown?.number ?? stage.next);
  if (isOfThePast) return stage;
  if (shown === null || row.attempt === shown.number) {
    return showing(stage, foldAttempt(shown, row));
  }
  const attempt = foldAttempt(suspected, row);
  return row.confirms
    ? withMembers(stage, {
        shown: attempt,
        suspected: null,
        past: [...past, summaryOf(shown)],
        passed: false,
      })
    : withMembers(stage, { suspected: attempt });
}

/** `withMembers` written out, as `changedIn` is: each callback does both, and spreading costs more than the rest of it. */
const showing = (stage: StageState, shown: Attempt): StageState => ({
  shown,
  suspected: stage.suspected,
  past: stage.past,
  next: stage.next,
  putBackAt: stage.putBackAt,
  passed: false,
  version: stage.version,
  updatedAt: stage.updatedAt,
});

const changedIn = (stage: StageState, version: number, at: Instant): StageState => ({
  shown: stage.shown,
  suspected: stage.suspected,
  past: stage.past,
  next: stage.next,
  putBackAt: stage.putBackAt,
  passed: stage.passed,
  version,
  updatedAt: Math.max(stage.updatedAt ?? 0, at),
});

function foldAttempt(
  held: Attempt | null,
  { attempt, callback, receivedAt, replayOf }: SessionFactRow,
): Attempt {
  const { status, progress } = callback;
  const ends = isTerminal(status);
  const isEnd = status === 'FINISHED';
  if (held === null) {
    const ended = ends ? receivedAt : null;
    return {
      number: attempt,
      facts: [status],
      progress: isEnd ? null : progress,
      endProgress: isEnd ? progress : null,
      lastFactAt: receivedAt,
      startedAt: receivedAt,
      finishedAt: ended,
      terminalAt: ended,
    };
  }
  const isOlder = replayOf !== null && held.finishedAt !== null && receivedAt < held.finishedAt;
  const facts = withFact(held.facts, status, isOlder);
  return {
    number: held.number,
    facts,
    progress: isEnd ? held.progress : mergeProgress(held.progress, progress),
    endProgress: isEnd ? mergeProgress(held.endProgress, progress) : held.endProgress,
    lastFactAt: Math.max(held.lastFactAt, receivedAt),
    startedAt: held.startedAt,
    finishedAt: ends && shownStatus(facts) !== shownStatus(held.facts) ? receivedAt : held.finishedAt,
    terminalAt: ends ? Math.max(held.terminalAt ?? 0, receivedAt) : held.terminalAt,
  };
}

/** A later stage after a reset: unobserved, with its next attempt to come. */
function putBack(stage: StageState, at: Instant): StageState {
  const { shown, suspected, past } = stage;
  const last = suspected?.number ?? shown?.number ?? 0;
  return withMembers(stage, {
    shown: null,
    suspected: null,
    past: shown === null ? past : [...past, summaryOf(shown)],
    next: last + 1,
    putBackAt: at,
    passed: false,
  });
}

function isLate({ shown }: StageState, { attempt, callback }: SessionFactRow): boolean {
  return shown === null || shown.number !== attempt || rank(callback.status) < rank(shownStatus(shown.facts));
}

/** The parts of a session that are compared: all that is shown and may change. */
type Comparable = Pick<SessionState, 'externalId' | 'isSca' | 'stages' | 'accounts' | 'transactionPages'>;

function changedPaths(before: Comparable & Pick<SessionState, 'version'>, after: Comparable): string[] {
  const changed: string[] = [];
  if (before.externalId !== after.externalId) changed.push('externalId');
  if (before.isSca !== after.isSca) changed.push('isSca');
  for (const name of STAGE_NAMES) {
    const a = ofStage(before.stages, name);
    const b = ofStage(after.stages, name);
    // The progress of Transactions may be derived from the accounts, the pages and the other stages.
    if (a === b && name !== 'TRANSACTIONS') continue;
    const paths = ofStage(PATHS, name);
    if (statusOf(a) !== statusOf(b)) changed.push(paths.status);
    if ((a.shown?.number ?? 0) !== (b.shown?.number ?? 0)) changed.push(paths.attempt);
    if (hasConflict(a) !== hasConflict(b)) changed.push(paths.conflict);
    if ((a.suspected !== null) !== (b.suspected !== null)) changed.push(paths.restartSuspected);
    if (!isSameProgress(progressOf(before, name, a), progressOf(after, name, b)))
      changed.push(paths.progress);
  }
  if (before.accounts !== after.accounts) changed.push('accounts');
  if (before.transactionPages !== after.transactionPages) changed.push('transactionPages');
  if (before.version > 0 && currentStageOf(before) !== currentStageOf(after)) changed.push('stage');
  return changed;
}

/** The parts of a stage that are shown and may change. */
const PATHS = {
  AUTHENTICATION: pathsOf('AUTHENTICATION'),
  ACCOUNTS: pathsOf('ACCOUNTS'),
  ACCOUNT_BALANCES: pathsOf('ACCOUNT_BALANCES'),
  TRANSACTIONS: pathsOf('TRANSACTIONS'),
  TRANSACTION_DETAILS: pathsOf('TRANSACTION_DETAILS'),
} as const;

function pathsOf(name: StageName) {
  const paths = {
    status: `stages.${name}.status`,
    attempt: `stages.${name}.attempt`,
    conflict: `stages.${name}.conflict`,
    restartSuspected: `stages.${name}.restartSuspected`,
    progress: `stages.${name}.progress`,
  };
  return { ...paths, all: Object.values(paths) };
}

const statusOf = ({ shown }: StageState) => (shown === null ? null : shownStatus(shown.facts));

function isSameProgress(a: ShownProgress | null, b: ShownProgress | null): boolean {
  if (a === null || b === null) return a === b;
  return a.done === b.done && a.total === b.total && a.unit === b.unit && a.derived === b.derived;
}
