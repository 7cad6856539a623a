import { createRandom, type Random } from './random.ts';

/** What a set of simulated sessions has in it that another has not. */
export interface Profile {
  name: string;
  /** Share of accounts without a transaction, so without a first page. */
  emptyAccounts: number;
  /** Share of deliveries that never arrive. */
  lost: number;
  /** Whether "1/2" is reported on the way of Accounts and Transactions. */
  progress: boolean;
}

/**
 * What a run left the person with: nothing, the list of accounts alone, some accounts' transactions, all
 * transactions but not the details that were begun, all of it, or a question to sign in again.
 */
export type Got = 'nothing' | 'list' | 'some' | 'transactions' | 'all' | 'question';

/** How a run truly ended. */
export interface End {
  got: Got;
  stage: string;
  status: string;
}

/** One pass from signing in to an end; times in virtual milliseconds. */
export interface Run {
  startsAt: number;
  endsAt: number;
  end: End;
}

/** What the aggregator says once, before anything happens to it on the way. */
export interface Report {
  at: number;
  run: number;
  label: string;
  body: string;
  /** The report of the run's end. */
  ends: boolean;
}

/** A session as it truly was. */
export interface Session {
  id: string;
  runs: Run[];
  reports: Report[];
}

interface Account {
  number: string;
  /** Transaction statuses that have a first page; none for an empty account. */
  pages: string[];
}

type Kind = 'success' | 'failure' | 'partial' | 'reauthentication';

/** One session with its true end. A session's bodies depend on the session alone: each run repeats them. */
export function simulateSession(seed: number, index: number, profile: Profile): Session {
  const random = createRandom(`${seed}/${index}/truth`);
  const kinds = drawKinds(random);
  // Something can be partial only where there are two of it.
  const count = random.whole(kinds.includes('partial') ? 2 : 1, 4);
  const accounts = Array.from({ length: count }, (_, n) => drawAccount(random, profile, `BE${index}00${n}`));
  const details = random.chance(0.3);
  const id = `second-${seed}-${index}`;
  const session: Session = { id, runs: [], reports: [] };
  let startsAt = index * 1_000;
  for (const kind of kinds) {
    const run = simulateRun({
      session,
      kind,
      startsAt,
      random,
      accounts,
      details,
      progress: profile.progress,
    });
    session.runs.push(run);
    startsAt = run.endsAt + seconds(pauseAfter(kind, random));
  }
  return session;
}

/**
 * The shares hold for each run. A session is restarted at most once, at its first end that is not a question
 * to the person; a question is answered by a run (70 %) or is the session's end.
 */
function drawKinds(random: Random): Kind[] {
  const kinds: Kind[] = [];
  let restart = random.chance(0.1);
  for (;;) {
    const draw = random.between(0, 1);
    const kind =
      draw < 0.1 ? 'failure' : draw < 0.15 ? 'partial' : draw < 0.2 ? 'reauthentication' : 'success';
    kinds.push(kind);
    if (kind === 'reauthentication') {
      if (!random.chance(0.7)) return kinds;
    } else if (restart) restart = false;
    else return kinds;
  }
}

/** Seconds, uniform. Someone whose run ended in part tries again as one whose run failed does. */
function pauseAfter(kind: Kind, random: Random): number {
  if (kind === 'reauthentication') return random.between(2, 600);
  return kind === 'success' ? random.between(60, 3_600) : random.between(5, 600);
}

/** A third of the accounts with transactions have pending ones too, and so a second first page. */
function drawAccount(random: Random, profile: Profile, number: string): Account {
  const empty = random.chance(profile.emptyAccounts);
  const pending = random.chance(1 / 3);
  return { number, pages: empty ? [] : pending ? ['Booked', 'Pending'] : ['Booked'] };
}

interface RunPlan {
  session: Session;
  kind: Kind;
  startsAt: number;
  random: Random;
  accounts: Account[];
  details: boolean;
  progress: boolean;
}

function simulateRun({ session, kind, startsAt, random, accounts, details, progress }: RunPlan): Run {
  const run = session.runs.length;
  const total = accounts.length;
  let at = startsAt;
  const pause = () => seconds(random.logBetween(0.1, 20));
  const say = (stage: string, status: string, after: number, more: object = {}, label = '') => {
    at += after;
    const body = JSON.stringify({ ...common(session.id), stage, status, ...more });
    session.reports.push({ at, run, label: `${stage} ${status}${label}`, body, ends: false });
  };
  const status = (stage: string, name: string, after: number, n?: number) =>
    say(stage, name, after, { ...ofBank, details: null, ...counted(n, total) }, n ? ` ${n}/${total}` : '');
  const end = (got: Got, stage: string, name: string): Run => {
    const last = session.reports.at(-1);
    if (last) last.ends = true;
    return { startsAt, endsAt: at, end: { got, stage, status: name } };
  };

  // What fails is signing in, the list of accounts, or the transactions of every account.
  // A rejected token shows wherever an API is called with it, so not before Accounts.
  const apis = ['Accounts', 'Transactions', ...(details ? ['TransactionDetails'] : [])];
  const stageOfTrouble =
    kind === 'failure'
      ? pick(random, ['Authentication', 'Accounts', 'Transactions'])
      : kind === 'partial'
        ? pick(random, apis.slice(1))
        : pick(random, apis);

  for (const stage of ['Authentication', ...apis]) {
    const troubled = kind !== 'success' && stage === stageOfTrouble;
    status(stage, 'Initiated', stage === 'Authentication' ? 0 : pause());
    status(stage, 'InProgress', pause());
    if (stage === 'Accounts' && progress && !troubled)
      for (let n = 1; n < total; n++) status(stage, 'InProgress', pause(), n);
    if (stage === 'Transactions') {
      const got =
        !troubled || kind === 'failure' ? (troubled ? 0 : total) : gotBeforeTrouble(kind, total, random);
      for (const [n, account] of accounts.slice(0, got).entries()) {
        for (const name of account.pages)
          say(stage, 'InProgress', pause(), pageOf(account, name), ` page ${account.number} ${name}`);
        if (progress && n + 1 < total) status(stage, 'InProgress', pause(), n + 1);
      }
    }
    const after =
      stage === 'Authentication'
        ? signingIn(random)
        : stage === 'TransactionDetails'
          ? detailing(random)
          : pause();
    if (troubled) {
      const name = kind === 'reauthentication' ? 'AuthorizationFailed' : 'Failed';
      status(stage, name, after);
      return end(gotAtTrouble(kind, stage), stage, name);
    }
    if (stage === 'Accounts')
      say(stage, 'Finished', after, { ...ofBank, details: listOf(accounts) }, ` list ${total}`);
    else status(stage, 'Finished', after);
  }
  return end('all', details ? 'TransactionDetails' : 'Transactions', 'Finished');
}

/** Accounts are fetched in turn: what is in part is some of them; a token may be rejected at the first. */
function gotBeforeTrouble(kind: Kind, total: number, random: Random): number {
  return random.whole(kind === 'partial' ? 1 : 0, total - 1);
}

function gotAtTrouble(kind: Kind, stage: string): Got {
  if (kind === 'reauthentication') return 'question';
  if (stage === 'TransactionDetails') return 'transactions';
  if (kind === 'partial') return 'some';
  return stage === 'Transactions' ? 'list' : 'nothing';
}

function signingIn(random: Random): number {
  return seconds(random.chance(0.8) ? random.between(10, 120) : random.between(0.5, 2));
}

function detailing(random: Random): number {
  return seconds(random.between(1, 60));
}

function seconds(n: number): number {
  return Math.round(n * 1_000);
}

function pick(random: Random, names: string[]): string {
  return names[random.whole(0, names.length - 1)] ?? '';
}

const ofBank = { bank: { id: '75', secondaryIdentifiers: [{ type: '1', value: 'BPKOPLPW' }] } };

function common(sessionId: string) {
  return {
    bankId: '75',
    isSca: 'true',
    sessionExternalId: `ours-${sessionId}`,
    sessionId,
    userId: `of-${sessionId}`,
  };
}

function counted(n: number | undefined, total: number) {
  return n === undefined ? {} : { progress: `${n}/${total}` };
}

function listOf(accounts: Account[]) {
  const rest = { accountType: 'CurrentAccount', accountRelation: [], manualAccountRelation: 'Owner' };
  return { accounts: accounts.map(({ number }) => ({ accountNumber: number, ...rest })) };
}

function pageOf({ number }: Account, transactionStatus: string) {
  return {
    accountId: `id-${number}`,
    earliestAccountDate: '2019-02-26T00:00:00.000Z',
    earliestEffectiveDate: '2019-02-26T00:00:00.000Z',
    latestAccountingDate: '2019-03-20T00:00:00.000Z',
    latestEffectiveDate: '2019-03-20T00:00:00.000Z',
    transactionsCount: 100,
    transactionStatus,
  };
}
