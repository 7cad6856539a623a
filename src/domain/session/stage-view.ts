import type { Progress } from '../journal/callback.ts';
import { mergeProgress } from '../merge.ts';
import { isTerminal, shownStatus, terminalsOf } from '../status.ts';
import { STAGE_NAMES, type StageName, type StageStatus } from '../words.ts';
import type { Attempt, Instant, PastAttempt, ReportedIn, SessionState, StageState } from './session.ts';
import { ofStage } from './stages.ts';

/** Progress as it is shown. `derived` is true where Callboard counted and false where the aggregator reported. */
export interface ShownProgress extends Progress {
  readonly derived: boolean;
}

/**
 * One stage as it is shown: derived from the stored state alone, independent of this deployment's settings. Each member is
 * derived when it is asked for: a selection names a few.
 */
export class StageView {
  readonly name: StageName;
  readonly #session: SessionState;
  readonly #stage: StageState;

  constructor(session: SessionState, name: StageName) {
    this.name = name;
    this.#session = session;
    this.#stage = ofStage(session.stages, name);
  }

  get sessionId(): string {
    return this.#session.sessionId;
  }

  /** Null while unobserved. */
  get status(): StageStatus | null {
    const { shown } = this.#stage;
    return shown === null ? null : shownStatus(shown.facts);
  }

  get progress(): ShownProgress | null {
    return progressOf(this.#session, this.name, this.#stage);
  }

  /** 0 while unobserved. */
  get attempt(): number {
    return this.#stage.shown?.number ?? 0;
  }

  get observed(): boolean {
    return this.#stage.shown !== null;
  }

  get conflict(): boolean {
    return hasConflict(this.#stage);
  }

  /** Whether a new run may have begun: nothing of it is shown until it is confirmed. */
  get restartSuspected(): boolean {
    return this.observed && this.#stage.suspected !== null;
  }

  /** Every run that is or was shown, oldest first. */
  get attempts(): readonly PastAttempt[] {
    const { shown, past } = this.#stage;
    return shown === null ? past : [...past, summaryOf(shown)];
  }

  /** The session's version that last changed it; 0 while unobserved. */
  get version(): number {
    return this.observed ? this.#stage.version : 0;
  }

  get startedAt(): Instant | null {
    return this.#stage.shown?.startedAt ?? null;
  }

  get finishedAt(): Instant | null {
    return this.#stage.shown?.finishedAt ?? null;
  }

  get updatedAt(): Instant | null {
    return this.observed ? this.#stage.updatedAt : null;
  }
}

/** The view of one stage of a session. */
export const stageView = (session: SessionState, name: StageName): StageView => new StageView(session, name);

/** Whether the shown attempt has two different terminal statuses. */
export function hasConflict({ shown }: StageState): boolean {
  return shown !== null && terminalsOf(shown.facts).length > 1;
}

/** An attempt as it is kept and listed. */
export function summaryOf({ number, facts, startedAt, finishedAt }: Attempt): PastAttempt {
  const conflict = terminalsOf(facts).length > 1;
  return { number, status: shownStatus(facts), conflict, startedAt, finishedAt };
}

/** Whether it was reported in an attempt that is shown now, of a stage that no restart has left behind. */
export function isOfThisRun({ stages }: Pick<SessionState, 'stages'>, reportedIn: ReportedIn): boolean {
  return STAGE_NAMES.some((name) => {
    const { shown, passed } = ofStage(stages, name);
    return shown !== null && !passed && (reportedIn[name] ?? 0) >= shown.number;
  });
}

/** The inputs of a stage's progress. */
type Reported = Pick<SessionState, 'stages' | 'accounts' | 'transactionPages'>;

/**
 * What the aggregator reported; for a finished stage only what its Finished reported, since earlier progress is stale by
 * then. Else, for Transactions only, derived from what this run reported: accounts with a first page, out of all
 * accounts. Derived progress is null without accounts, where more accounts have pages than were reported, and after the
 * end where no page came at all: then this aggregator sends none.
 */
export function progressOf(session: Reported, name: StageName, stage: StageState): ShownProgress | null {
  const { shown } = stage;
  if (shown === null) return null;
  const status = shownStatus(shown.facts);
  const reported =
    status === 'FINISHED' ? shown.endProgress : mergeProgress(shown.progress, shown.endProgress);
  if (reported !== null) return { ...reported, derived: false };
  if (name !== 'TRANSACTIONS' || session.accounts.length === 0) return null;
  const total = countOfThisRun(session, session.accounts, accountsCounted, (items) => items.length);
  const done = countOfThisRun(session, session.transactionPages, pagesCounted, countAccounts);
  if (total === 0 || done > total || (done === 0 && isTerminal(status))) return null;
  return { done, total, unit: 'ACCOUNTS', derived: true };
}

/** Accounts with a first page. */
const countAccounts = (pages: SessionState['transactionPages']): number =>
  new Set(pages.map((page) => page.accountId)).size;

interface Counted {
  /** The attempts that were shown when it was counted. */
  readonly run: string;
  readonly count: number;
}

const accountsCounted = new WeakMap<SessionState['accounts'], Counted>();
const pagesCounted = new WeakMap<SessionState['transactionPages'], Counted>();

/** Counts the items of this run, with a cache: a list may be long, and is counted several times a callback. */
function countOfThisRun<Item extends { readonly reportedIn: ReportedIn }>(
  session: Pick<SessionState, 'stages'>,
  items: readonly Item[],
  counted: WeakMap<readonly Item[], Counted>,
  countOf: (items: readonly Item[]) => number,
): number {
  const run = runOf(session);
  const known = counted.get(items);
  if (known?.run === run) return known.count;
  const count = countOf(items.filter(({ reportedIn }) => isOfThisRun(session, reportedIn)));
  counted.set(items, { run, count });
  return count;
}

/** The attempts that are shown and that no restart has left behind, as one text to compare. */
function runOf({ stages }: Pick<SessionState, 'stages'>): string {
  let run = '';
  for (const name of STAGE_NAMES) {
    const { shown, passed } = ofStage(stages, name);
    run += shown === null || passed ? ',' : `,${shown.number}`;
  }
  return run;
}
