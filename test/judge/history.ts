import type { SimulationOptions } from './options.ts';
import type { Profile } from './profile.ts';
import type { Random } from './random.ts';
import { createRun, type Fate, type Run } from './run.ts';
import { truthOf } from './truth.ts';

/** Nobody restarts for ever. */
const MAX_RUNS = 4;

/** The draws of a history: what happens is drawn apart from how long it takes, so that slow banks do not fail more. */
export interface HistoryRandom {
  readonly fates: Random;
  /** A stream for each run of the session. */
  times(run: number): Random;
}

/** What truly happens in a session: its runs, each of which begins after the one before has ended. */
export function createHistory(
  random: HistoryRandom,
  options: SimulationOptions,
  profile: Profile,
  beginsAt: number,
): readonly Run[] {
  const runs: Run[] = [];
  let order = 0;
  let next: { firstStage: 'AUTHENTICATION' | 'ACCOUNTS'; beginsAt: number } | null = {
    firstStage: profile.isRefresh ? 'ACCOUNTS' : 'AUTHENTICATION',
    beginsAt,
  };
  while (next && runs.length < MAX_RUNS) {
    const isRefreshing = profile.isRefresh && runs.length === 0;
    const fate = drawFate(random.fates, options, profile, next.firstStage, isRefreshing);
    const run: Run = createRun({
      ...next,
      random: random.times(runs.length),
      options,
      profile,
      fate,
      details: drawDetails(random.fates, options),
      run: runs.length,
      order,
    });
    runs.push(run);
    order += run.reports.length;
    next = drawNext(random.fates, options, run);
  }
  return runs;
}

function drawFate(
  random: Random,
  options: SimulationOptions,
  profile: Profile,
  firstStage: 'AUTHENTICATION' | 'ACCOUNTS',
  isRefreshing: boolean,
): Fate {
  const rejected = isRefreshing ? options.refreshReauthentications : options.reauthentications;
  const draw = random.next();
  if (draw < rejected) return { kind: 'reauthentication', stage: random.pick(['ACCOUNTS', 'TRANSACTIONS']) };
  if (draw < rejected + options.failures) {
    const stages = ['AUTHENTICATION', 'ACCOUNTS', 'TRANSACTIONS'] as const;
    return { kind: 'failure', stage: random.pick(firstStage === 'ACCOUNTS' ? stages.slice(1) : stages) };
  }
  if (draw < rejected + options.failures + options.partials) return drawPartial(random, profile);
  return { kind: 'success' };
}

/** Of a single account nothing but its transactions can be missing. */
function drawPartial(random: Random, profile: Profile): Fate {
  const total = profile.accounts.length;
  if (total === 1) return { kind: 'partial', stage: 'TRANSACTIONS', status: 'FAILED', arrived: 0 };
  return {
    kind: 'partial',
    stage: random.pick(['ACCOUNTS', 'TRANSACTIONS']),
    status: random.pick(['FINISHED', 'FAILED']),
    arrived: random.integer(1, total - 1),
  };
}

function drawDetails(random: Random, options: SimulationOptions): 'FINISHED' | 'FAILED' | null {
  const hasDetails = random.chance(options.details);
  const status = random.chance(options.detailFailures) ? 'FAILED' : 'FINISHED';
  return hasDetails ? status : null;
}

function drawNext(random: Random, options: SimulationOptions, run: Run) {
  const { outcome } = truthOf(run);
  const last = run.reports.at(-1);
  if (!last) return null;
  if (outcome === 'NEEDS_AUTHORIZATION') {
    if (!random.chance(options.returns)) return null;
    const firstStage: 'AUTHENTICATION' = 'AUTHENTICATION';
    return { firstStage, beginsAt: last.at + Math.round(random.between(...options.returnAfter)) };
  }
  if (!random.chance(options.restarts)) return null;
  const settledAsFailed = run.reports.some(
    (report) => report.status === 'FAILED' && report.stage !== 'TRANSACTION_DETAILS',
  );
  const after = settledAsFailed ? options.restartAfterFailure : options.restartAfterSuccess;
  const isSignedIn = last.stage !== 'AUTHENTICATION';
  const firstStage: 'AUTHENTICATION' | 'ACCOUNTS' =
    isSignedIn && random.chance(options.restartsAtAccounts) ? 'ACCOUNTS' : 'AUTHENTICATION';
  return { firstStage, beginsAt: last.at + Math.round(random.between(...after)) };
}
