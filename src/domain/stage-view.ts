import type { Progress } from './callback.ts';
import type { Instant, SessionState, StageState } from './session.ts';
import { isTerminal, shownStatus, terminalsOf } from './status.ts';
import type { StageName, StageStatus } from './words.ts';

/** Progress as it is shown. `derived` is true where Callboard counted and false where the aggregator reported. */
export interface ShownProgress extends Progress {
  readonly derived: boolean;
}

/** One stage as it is shown: all that the stored state says of it, and nothing of this deployment's settings. */
export interface StageView {
  readonly name: StageName;
  /** Null while unobserved. */
  readonly status: StageStatus | null;
  readonly progress: ShownProgress | null;
  /** 0 while unobserved. */
  readonly attempt: number;
  readonly observed: boolean;
  readonly conflict: boolean;
  /** The session's version that last changed it; 0 while unobserved. */
  readonly version: number;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly updatedAt: Instant | null;
}

/** What is shown of one stage of a session. */
export function stageView(session: SessionState, name: StageName): StageView {
  const stage = session.stages[name];
  const { shown } = stage;
  if (shown === null) {
    return { ...UNOBSERVED, name };
  }
  return {
    name,
    status: shownStatus(shown.facts),
    progress: progressOf(session, name, stage),
    attempt: shown.number,
    observed: true,
    conflict: hasConflict(stage),
    version: stage.version,
    startedAt: shown.startedAt,
    finishedAt: shown.finishedAt,
    updatedAt: stage.updatedAt,
  };
}

const UNOBSERVED: Omit<StageView, 'name'> = Object.freeze({
  status: null,
  progress: null,
  attempt: 0,
  observed: false,
  conflict: false,
  version: 0,
  startedAt: null,
  finishedAt: null,
  updatedAt: null,
});

/** Whether the shown attempt has two different terminals. */
export function hasConflict({ shown }: StageState): boolean {
  return shown !== null && terminalsOf(shown.facts).length > 1;
}

/**
 * What the aggregator reported; else, for Transactions alone, accounts with a first page of accounts known.
 * Derived progress is null while no account is known, where more pages came than accounts are known, and after
 * the end where not a single page came: then this aggregator sends none, and nothing is known.
 */
export function progressOf(session: SessionState, name: StageName, stage: StageState): ShownProgress | null {
  if (stage.shown === null) return null;
  if (stage.shown.progress !== null) return { ...stage.shown.progress, derived: false };
  const total = session.accounts.length;
  if (name !== 'TRANSACTIONS' || total === 0) return null;
  const done = countAccounts(session.transactionPages);
  if (done > total || (done === 0 && isTerminal(shownStatus(stage.shown.facts)))) return null;
  return { done, total, unit: 'ACCOUNTS', derived: true };
}

/** Accounts with a first page: counted once for each list, which may be long and is asked for several times a callback. */
function countAccounts(pages: SessionState['transactionPages']): number {
  const counted = accountsCounted.get(pages);
  if (counted !== undefined) return counted;
  const count = new Set(pages.map((page) => page.accountId)).size;
  accountsCounted.set(pages, count);
  return count;
}

const accountsCounted = new WeakMap<SessionState['transactionPages'], number>();
