import { maskNumber } from '../../domain/mask-number.ts';
import type { Session } from '../../domain/session/session.ts';
import { isOfThisRun, stageView } from '../../domain/session/stage-view.ts';
import { mayReadNumbersOf, type Viewer } from '../../domain/viewer.ts';
import { STAGE_NAMES, type StageName, toWire } from '../../domain/words.ts';

/** One stage in the aggregator's own words: `{"stage":"Accounts","status":"InProgress","progress":"2/3"}`. */
export interface StageBody {
  readonly stage: string;
  /** Null while the stage is unobserved. */
  readonly status: string | null;
  /** Done of total; null when unknown. */
  readonly progress: string | null;
}

/** Where one stage of a session stands. */
export interface StatusBody extends StageBody {
  readonly sessionId: string;
  readonly sessionExternalId: string | null;
}

export function statusBody(session: Session, stage: StageName): StatusBody {
  const { sessionId, externalId } = session;
  return { sessionId, sessionExternalId: externalId, ...stageBody(session, stage) };
}

function stageBody(session: Session, name: StageName): StageBody {
  const { status, progress } = stageView(session, name);
  return {
    stage: toWire(name),
    status: status === null ? null : toWire(status),
    progress: progress === null ? null : `${progress.done}/${progress.total}`,
  };
}

/**
 * The whole session: every stage in order, the accounts and the first pages, as they were reported.
 * `failedStage` decides a bad end; `current` is false of an account that the newest run has not reported.
 */
export function detailsBody(session: Session, viewer: Viewer) {
  const whole = mayReadNumbersOf(viewer, session.userId);
  return {
    ...statusBody(session, session.stage),
    bankId: session.bankId,
    isSca: session.isSca,
    userId: session.userId,
    failedStage: session.failedStage === null ? null : toWire(session.failedStage),
    stages: STAGE_NAMES.map((name) => ({
      ...stageBody(session, name),
      restartSuspected: stageView(session, name).restartSuspected,
    })),
    accounts: session.accounts.map((account) => ({
      accountNumber: whole ? account.accountNumber : null,
      maskedNumber: maskNumber(account.accountNumber),
      accountType: account.accountType,
      accountRelation: account.accountRelation,
      manualAccountRelation: account.manualAccountRelation,
      current: isOfThisRun(session, account.reportedIn),
    })),
    transactions: session.transactionPages.map((page) => ({
      accountId: page.accountId,
      transactionStatus: page.transactionStatus,
      transactionsCount: page.transactionsCount,
      // The aggregator's own spelling, one `ing` short of its sibling.
      earliestAccountDate: page.earliestAccountingDate,
      latestAccountingDate: page.latestAccountingDate,
      earliestEffectiveDate: page.earliestEffectiveDate,
      latestEffectiveDate: page.latestEffectiveDate,
    })),
  };
}

/** The fields that `detailsBody` holds. */
export function detailsFields({ accounts, transactionPages }: Session): number {
  const ofStages = STAGE_NAMES.length * 4;
  return 12 + ofStages + accounts.length * 6 + transactionPages.length * 7;
}
