import { PAUSES, type PauseName } from './pauses.ts';

/** Milliseconds of virtual time, from–to, each length equally likely. */
export type Range = readonly [min: number, max: number];

/** What the simulated aggregator does. Shares are 0 to 1, times are milliseconds of virtual time. */
export interface SimulationOptions {
  /** Of the runs that ended: those that are followed by another one. */
  readonly restarts: number;
  /** Of the restarts whose consent holds: those that begin at Accounts, without signing in. */
  readonly restartsAtAccounts: number;
  /** Of the runs: those whose access the bank rejects at Accounts or Transactions. */
  readonly reauthentications: number;
  /** Of the people asked to sign in again: those who do. */
  readonly returns: number;
  /** Of the runs: those of which a stage ends as Failed. */
  readonly failures: number;
  /** Of the runs: those in which some account fails although others arrive. */
  readonly partials: number;
  /** Of the runs whose Transactions finish: those that go on to TransactionDetails. */
  readonly details: number;
  /** Of the TransactionDetails: those that end as Failed. */
  readonly detailFailures: number;

  /** Of the sessions: those whose consent still holds, which begin at Accounts. */
  readonly refreshes: number;
  /** Of the first runs of these: those whose access the bank rejects. */
  readonly refreshReauthentications: number;

  /** Of the accounts: those without a transaction, for which no page is reported. */
  readonly emptyAccounts: number;
  readonly accounts: Range;
  /** Of the accounts with transactions: those with a second page, of pending ones. */
  readonly pendingPages: number;
  /** Of the sessions: those whose accounts are listed by a Transactions callback, not by Accounts' own end. */
  readonly accountsUnderTransactions: number;
  /** Whether Accounts and Transactions report "1/3" on the way. */
  readonly reportedProgress: boolean;

  /** How long the aggregator takes from one report to the next, where nothing else is said. */
  readonly pauses: PauseName;
  /** Of the sign-ins: those that a person does by hand, in `signIn`; the others take `quickSignIn`. */
  readonly slowSignIns: number;
  readonly signIn: Range;
  readonly quickSignIn: Range;
  readonly detailsTake: Range;
  readonly restartAfterFailure: Range;
  readonly restartAfterSuccess: Range;
  readonly returnAfter: Range;

  /** Of the deliveries: those that never arrive, duplicates too, each independently. */
  readonly loss: number;
  /** Of the callbacks: those that are delivered twice. */
  readonly duplicates: number;
  /** How long after its original a duplicate comes: shares that add up to 1. */
  readonly duplicateAfter: readonly { readonly share: number; readonly range: Range }[];
  /** Of the deliveries: those that are delayed, by up to `delay`, so that later ones may overtake them. */
  readonly reordering: number;
  readonly delay: Range;

  /** The time within which all sessions begin. */
  readonly beginWithin: number;
}

const SECOND = 1_000;

const DEFAULT_OPTIONS: SimulationOptions = {
  restarts: 0.1,
  restartsAtAccounts: 0.3,
  reauthentications: 0.05,
  returns: 0.7,
  failures: 0.1,
  partials: 0.05,
  details: 0.3,
  detailFailures: 0.1,
  refreshes: 0.1,
  refreshReauthentications: 0.3,
  emptyAccounts: 0.15,
  accounts: [1, 4],
  pendingPages: 0.25,
  accountsUnderTransactions: 0.5,
  reportedProgress: false,
  pauses: 'log-uniform',
  slowSignIns: 0.8,
  signIn: [10 * SECOND, 120 * SECOND],
  quickSignIn: [0.5 * SECOND, 2 * SECOND],
  detailsTake: [1 * SECOND, 60 * SECOND],
  restartAfterFailure: [5 * SECOND, 600 * SECOND],
  restartAfterSuccess: [60 * SECOND, 3_600 * SECOND],
  returnAfter: [2 * SECOND, 600 * SECOND],
  loss: 0.05,
  duplicates: 0.2,
  duplicateAfter: [
    { share: 0.5, range: [0, 2 * SECOND] },
    { share: 0.3, range: [2 * SECOND, 30 * SECOND] },
    { share: 0.2, range: [30 * SECOND, 300 * SECOND] },
  ],
  reordering: 0.2,
  delay: [0, 8 * SECOND],
  beginWithin: 3_600 * SECOND,
};

/**
 * The defaults with what is given instead.
 * @throws RangeError for a share outside 0 to 1, a range from more to less, or an unknown distribution of pauses.
 */
export function createOptions(given: Partial<SimulationOptions> = {}): SimulationOptions {
  const options = { ...DEFAULT_OPTIONS, ...given };
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === 'number' && name !== 'beginWithin' && !(value >= 0 && value <= 1))
      throw new RangeError(`${name} is a share from 0 to 1, not ${value}`);
  }
  const ranges = [
    options.accounts,
    options.signIn,
    options.quickSignIn,
    options.detailsTake,
    options.restartAfterFailure,
    options.restartAfterSuccess,
    options.returnAfter,
    options.delay,
    ...options.duplicateAfter.map((band) => band.range),
  ];
  for (const [min, max] of ranges) {
    if (!(min >= 0 && max >= min))
      throw new RangeError(`a range goes from less to more, not from ${min} to ${max}`);
  }
  const fates = options.failures + options.partials + options.reauthentications;
  if (fates > 1)
    throw new RangeError(`failures, partials and reauthentications add up to ${fates}, more than 1`);
  if (!(options.pauses in PAUSES)) throw new RangeError(`unknown distribution of pauses: ${options.pauses}`);
  return options;
}
