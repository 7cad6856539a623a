import type { SimulationOptions } from './options.ts';
import { PAUSES } from './pauses.ts';
import type { Profile } from './profile.ts';
import type { Random } from './random.ts';
import type { Content, Report } from './report.ts';
import type { Stage, Status } from './words.ts';

/** What is going to become of a run, known to nobody but the aggregator. */
export type Fate =
  | { readonly kind: 'success' }
  /** The bank rejects the access at this stage. */
  | { readonly kind: 'reauthentication'; readonly stage: 'ACCOUNTS' | 'TRANSACTIONS' }
  /** This stage ends as Failed, Accounts without an account and Transactions without a page. */
  | { readonly kind: 'failure'; readonly stage: 'AUTHENTICATION' | 'ACCOUNTS' | 'TRANSACTIONS' }
  /** This stage gives `arrived` accounts, not all, and ends with this status. */
  | {
      readonly kind: 'partial';
      readonly stage: 'ACCOUNTS' | 'TRANSACTIONS';
      readonly status: 'FINISHED' | 'FAILED';
      readonly arrived: number;
    };

/** One pass through the stages, from its first report to its last. */
export interface Run {
  readonly reports: readonly Report[];
  /** Whether the bank did not give some account, or the transactions of one. */
  readonly incomplete: boolean;
}

export interface RunPlan {
  readonly random: Random;
  readonly options: SimulationOptions;
  readonly profile: Profile;
  readonly fate: Fate;
  /** How TransactionDetails end, where the run comes to them; null for a run without them. */
  readonly details: 'FINISHED' | 'FAILED' | null;
  readonly firstStage: 'AUTHENTICATION' | 'ACCOUNTS';
  /** The time of the first report. */
  readonly beginsAt: number;
  /** The number of this run and of its first report in the session. */
  readonly run: number;
  readonly order: number;
}

const STATUS_ONLY: Content = { kind: 'status' };

/** What truly happens in a run that has this fate. */
export function createRun(plan: RunPlan): Run {
  const { random, options, profile, fate } = plan;
  const total = profile.accounts.length;
  const reports: Report[] = [];
  let now = plan.beginsAt;

  const pause = (): void => {
    now += PAUSES[options.pauses](random);
  };
  const report = (
    stage: Stage,
    status: Status,
    progress: string | null = null,
    content = STATUS_ONLY,
  ): void => {
    reports.push({
      order: plan.order + reports.length,
      run: plan.run,
      at: now,
      stage,
      status,
      progress,
      content,
    });
  };
  const start = (stage: Stage): void => {
    if (reports.length > 0) pause();
    report(stage, 'INITIATED');
    pause();
  };
  const atTheEnd = (done: number, of: number): string | null =>
    options.reportedProgress && profile.progressAtTheEnd ? `${done}/${of}` : null;
  const isAt = (stage: Stage): boolean => fate.kind !== 'success' && fate.stage === stage;
  const partialAt = (stage: Stage) => (fate.kind === 'partial' && fate.stage === stage ? fate : null);

  /** The accounts that the bank gave in this run. */
  let given = profile.accounts.map((account) => account.index);

  function authentication(): boolean {
    start('AUTHENTICATION');
    report('AUTHENTICATION', 'IN_PROGRESS');
    const [min, max] = random.chance(options.slowSignIns) ? options.signIn : options.quickSignIn;
    now += Math.round(random.between(min, max));
    report('AUTHENTICATION', isAt('AUTHENTICATION') ? 'FAILED' : 'FINISHED');
    return !isAt('AUTHENTICATION');
  }

  function accounts(): boolean {
    start('ACCOUNTS');
    report('ACCOUNTS', 'IN_PROGRESS');
    const partial = partialAt('ACCOUNTS');
    if (fate.kind !== 'partial' && isAt('ACCOUNTS')) {
      pause();
      report('ACCOUNTS', fate.kind === 'failure' ? 'FAILED' : 'AUTHORIZATION_FAILED');
      return false;
    }
    if (partial) given = given.slice(0, partial.arrived);
    if (options.reportedProgress) {
      const last = random.chance(0.5) ? given.length : given.length - 1;
      for (let done = 1; done <= last; done += 1) {
        pause();
        report('ACCOUNTS', 'IN_PROGRESS', `${done}/${total}`);
      }
    }
    pause();
    const list: Content = { kind: 'accounts', accounts: given };
    if (partial?.status === 'FAILED') {
      report('ACCOUNTS', 'IN_PROGRESS', options.reportedProgress ? `${given.length}/${total}` : null, list);
      pause();
      report('ACCOUNTS', 'FAILED', atTheEnd(given.length, total));
      return false;
    }
    const progress = partial ? `${given.length}/${total}` : atTheEnd(total, total);
    report('ACCOUNTS', 'FINISHED', progress, profile.accountsUnderTransactions ? STATUS_ONLY : list);
    return true;
  }

  function transactions(): boolean {
    start('TRANSACTIONS');
    if (profile.accountsUnderTransactions) {
      report('TRANSACTIONS', 'IN_PROGRESS', null, { kind: 'accounts', accounts: given });
    } else {
      report('TRANSACTIONS', 'IN_PROGRESS');
    }
    const partial = partialAt('TRANSACTIONS');
    const arriving = partial ? partial.arrived : isAt('TRANSACTIONS') ? arrivingBeforeTheEnd() : given.length;
    pages(given.slice(0, arriving));
    pause();
    if (fate.kind === 'reauthentication' && isAt('TRANSACTIONS')) {
      report('TRANSACTIONS', 'AUTHORIZATION_FAILED');
    } else if (fate.kind === 'failure' || partial?.status === 'FAILED') {
      report('TRANSACTIONS', 'FAILED', partial ? atTheEnd(arriving, total) : null);
    } else {
      report(
        'TRANSACTIONS',
        'FINISHED',
        partial ? `${arriving}/${total}` : atTheEnd(given.length, given.length),
      );
      return true;
    }
    return false;
  }

  function arrivingBeforeTheEnd(): number {
    return fate.kind === 'failure' ? 0 : random.integer(0, given.length - 1);
  }

  function pages(indexes: readonly number[]): void {
    for (const [place, index] of indexes.entries()) {
      for (const page of profile.accounts[index]?.pages ?? []) {
        pause();
        report('TRANSACTIONS', 'IN_PROGRESS', null, {
          kind: 'page',
          account: index,
          transactionStatus: page.transactionStatus,
        });
      }
      const done = place + 1;
      if (options.reportedProgress && (done < given.length || random.chance(0.5))) {
        pause();
        report('TRANSACTIONS', 'IN_PROGRESS', `${done}/${given.length}`);
      }
    }
  }

  function transactionDetails(status: 'FINISHED' | 'FAILED'): void {
    const [min, max] = options.detailsTake;
    pause();
    report('TRANSACTION_DETAILS', 'INITIATED');
    const takes = random.between(min, max);
    const begins = random.between(0, takes);
    const initiatedAt = now;
    now = initiatedAt + Math.round(begins);
    report('TRANSACTION_DETAILS', 'IN_PROGRESS');
    now = initiatedAt + Math.round(takes);
    report('TRANSACTION_DETAILS', status);
  }

  const isSignedIn = plan.firstStage === 'ACCOUNTS' || authentication();
  if (isSignedIn && accounts() && transactions() && plan.details) transactionDetails(plan.details);
  return { reports, incomplete: fate.kind === 'partial' };
}
