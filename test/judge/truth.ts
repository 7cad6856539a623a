import type { Run } from './run.ts';
import { isTerminal, type Outcome, STAGES, type Stage, type Status } from './words.ts';

/** What is true once a run is over. */
export interface Truth {
  readonly outcome: Outcome;
  /** The furthest stage of the run, and the last status of that stage. */
  readonly stage: Stage;
  readonly status: Status;
  /** What the person has to do. */
  readonly nextAction: 'REAUTHENTICATE' | 'NONE';
  /** The time of what settled the outcome: TransactionDetails, which nobody waits for, may follow. */
  readonly endedAt: number;
}

/**
 * What a run came to, from the meaning for a person: are the accounts and transactions there, some of them, or none;
 * or must the person sign in again? Nothing but what truly happened in the run counts: neither what was delivered
 * of it nor what an earlier run gave.
 * @throws Error for a run without an end.
 */
export function truthOf(run: Run): Truth {
  const reports = run.reports.filter((report) => report.content.kind !== 'page');
  const furthest = reports.reduce((most, report) => Math.max(most, STAGES.indexOf(report.stage)), 0);
  const last = reports.findLast((report) => STAGES.indexOf(report.stage) === furthest);
  const settling = reports.findLast(
    (report) => report.stage !== 'TRANSACTION_DETAILS' && isTerminal(report.status),
  );
  if (!last || !settling) throw new Error('a run without an end has no truth');
  const outcome = outcomeOf(run, settling.status);
  return {
    outcome,
    stage: last.stage,
    status: last.status,
    nextAction: outcome === 'NEEDS_AUTHORIZATION' ? 'REAUTHENTICATE' : 'NONE',
    endedAt: settling.at,
  };
}

function outcomeOf(run: Run, settled: Status): Outcome {
  if (settled === 'AUTHORIZATION_FAILED') return 'NEEDS_AUTHORIZATION';
  const hasGivenSomething = run.reports.some((report) => report.content.kind !== 'status');
  if (settled === 'FAILED') return hasGivenSomething ? 'PARTIALLY_SUCCEEDED' : 'FAILED';
  return run.incomplete ? 'PARTIALLY_SUCCEEDED' : 'SUCCEEDED';
}
