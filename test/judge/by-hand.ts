import type { Sending } from './disturb.ts';
import { createOptions, type SimulationOptions } from './options.ts';
import type { Profile } from './profile.ts';
import { createRandom } from './random.ts';
import { createRun, type Fate, type Run, type RunPlan } from './run.ts';
import { createSession, type SimulatedSession } from './session.ts';

/** Two accounts, one of them without a transaction, listed by Accounts' own end. */
export const PROFILE: Profile = {
  sessionId: 'session-by-hand',
  sessionExternalId: 'external-by-hand',
  userId: 'user-by-hand',
  bankId: '75',
  bic: 'BPKOPLPW',
  isSca: true,
  accounts: [
    {
      index: 0,
      accountId: 'account-0',
      accountNumber: 'BE2345',
      pages: [{ transactionStatus: 'Booked', count: 100 }],
    },
    { index: 1, accountId: 'account-1', accountNumber: 'BE6789', pages: [] },
  ],
  isRefresh: false,
  accountsUnderTransactions: false,
  progressAtTheEnd: false,
};

/** A run of a given fate, of which nothing is left to chance but its pauses. */
export function runByHand(
  fate: Fate,
  given: Partial<RunPlan> = {},
  options: Partial<SimulationOptions> = {},
): Run {
  return createRun({
    random: createRandom(1),
    options: createOptions(options),
    profile: PROFILE,
    fate,
    details: null,
    firstStage: 'AUTHENTICATION',
    beginsAt: 0,
    run: 0,
    order: 0,
    ...given,
  });
}

/** A session whose callbacks arrive each once and at once, except for what `change` does to each. */
export function sessionByHand(
  runs: readonly Run[],
  change: (sending: Sending) => readonly Sending[] = (sending) => [sending],
): SimulatedSession {
  const sendings = runs
    .flatMap((run) => run.reports)
    .flatMap((report) => change({ report, at: report.at, duplicateAfter: null, isLost: false }));
  return createSession(
    PROFILE,
    runs,
    sendings.sort((a, b) => a.at - b.at),
  );
}
