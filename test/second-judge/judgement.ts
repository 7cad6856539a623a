import { type Delivery, deliver } from './deliveries.ts';
import { type Got, type Profile, type Session, simulateSession } from './session.ts';

/** What is shown of a session. */
export interface Shown {
  outcome: string;
  stage: string;
  status: string;
  nextAction: string | null;
  flags: { stalled: boolean; restartSuspected: boolean; conflict: boolean };
}

/** The system under judgement. */
export interface Judged {
  receive(delivery: { at: number; body: Uint8Array }): void | Promise<void>;
  shown(sessionId: string, at: number): Shown | null | Promise<Shown | null>;
}

/** What an outcome means: the only thing that two readers of the same end may differ in. */
export type Reading = Record<Got, string>;

/** The outcome says how far Transactions came: a list alone is a part, and details are beyond it. */
export const TRANSACTIONS_DECIDE: Reading = {
  nothing: 'FAILED',
  list: 'PARTIALLY_SUCCEEDED',
  some: 'PARTIALLY_SUCCEEDED',
  transactions: 'SUCCEEDED',
  all: 'SUCCEEDED',
  question: 'NEEDS_AUTHORIZATION',
};

/** A list without one transaction is a failure, and transactions without the details begun are a part. */
export const EACH_STAGE_COUNTS: Reading = {
  ...TRANSACTIONS_DECIDE,
  list: 'FAILED',
  transactions: 'PARTIALLY_SUCCEEDED',
};

/** An end that was shown while the run in course had not ended. */
export interface FalseEnd {
  at: number;
  shown: Shown;
  /** Transactions was finished and TransactionDetails still to come, which no callback until then says. */
  beforeDetails: boolean;
}

/** How one session was shown. */
export interface Verdict {
  session: Session;
  deliveries: Delivery[];
  /** What is shown after each delivery, and an hour after the last. */
  after: (Shown | null)[];
  shown: Shown | null;
  right: boolean;
  /** The last run's end arrived at least once. */
  knowable: boolean;
  falseEnds: FalseEnd[];
  silentlyWrong: boolean;
}

/** Whole shares in percent. */
export interface Figures {
  profile: string;
  sessions: number;
  right: number;
  ofKnowable: number;
  falseEnds: number;
  endsBeforeDetails: number;
  silentlyWrong: number;
}

const TERMINAL = ['Finished', 'Failed', 'AuthorizationFailed', 'AuthenticationRequired'];

/** Time enough for everything under way to have arrived. */
const AFTER_ALL_MS = 3_600_000;

/** The sessions of a seed, the same for every system. */
export function simulate(seed: number, count: number, profile: Profile): Session[] {
  return Array.from({ length: count }, (_, index) => simulateSession(seed, index, profile));
}

/** Delivers the sessions of a seed, all at once in virtual time, and judges what is shown of each. */
export async function judge(
  judged: Judged,
  {
    seed,
    count,
    profile,
    reading = TRANSACTIONS_DECIDE,
  }: { seed: number; count: number; profile: Profile; reading?: Reading },
): Promise<Verdict[]> {
  const verdicts = new Map<string, Verdict>();
  const before = new Map<string, string | null>();
  for (const session of simulate(seed, count, profile))
    verdicts.set(session.id, {
      session,
      deliveries: deliver(session, seed, profile),
      after: [],
      shown: null,
      right: false,
      knowable: false,
      falseEnds: [],
      silentlyWrong: false,
    });
  const all = [...verdicts.values()].flatMap((verdict) =>
    verdict.deliveries.map((delivery) => ({ verdict, delivery })),
  );
  all.sort((a, b) => a.delivery.at - b.delivery.at);
  const encoder = new TextEncoder();
  for (const { verdict, delivery } of all) {
    const { at, report } = delivery;
    const { id, runs } = verdict.session;
    const run = runs.findLastIndex(({ startsAt }) => startsAt <= at);
    const key = `${id}/${run}`;
    if (!before.has(key)) before.set(key, (await judged.shown(id, at))?.outcome ?? null);
    await judged.receive({ at, body: encoder.encode(report.body) });
    const shown = await judged.shown(id, at);
    verdict.after.push(shown);
    if (shown && isFalseEnd(verdict, run, at, shown, before.get(key) ?? null))
      verdict.falseEnds.push({ at, shown, beforeDetails: isBeforeDetails(verdict, run, at, shown) });
  }
  for (const verdict of verdicts.values()) {
    const last = Math.max(verdict.deliveries.at(-1)?.at ?? 0, verdict.session.runs.at(-1)?.endsAt ?? 0);
    conclude(verdict, reading, await judged.shown(verdict.session.id, last + AFTER_ALL_MS));
  }
  return [...verdicts.values()];
}

/** An outcome that was already shown when the run began is no false end of that run, even if shown again. */
function isFalseEnd(verdict: Verdict, run: number, at: number, shown: Shown, before: string | null): boolean {
  const inCourse = at < (verdict.session.runs[run]?.endsAt ?? 0);
  const arrived = verdict.deliveries.some((delivery) => delivery.report.run === run && delivery.at <= at);
  return inCourse && arrived && shown.outcome !== 'PENDING' && shown.outcome !== before;
}

/** Everything but the details has truly been got: whether details follow, no callback until then says. */
function isBeforeDetails(verdict: Verdict, run: number, at: number, shown: Shown): boolean {
  const said = verdict.session.reports.some(
    (report) => report.run === run && report.label === 'Transactions Finished' && report.at <= at,
  );
  return said && shown.outcome === 'SUCCEEDED';
}

/** The wire writes TransactionDetails, what is shown may be TRANSACTION_DETAILS. */
function isSameWord(word: string | undefined, other: string | undefined): boolean {
  const plain = (text = '') => text.replaceAll('_', '').toLowerCase();
  return plain(word) === plain(other);
}

function conclude(verdict: Verdict, reading: Reading, shown: Shown | null): void {
  const last = verdict.session.runs.length - 1;
  const end = verdict.session.runs[last]?.end;
  verdict.shown = shown;
  verdict.right =
    end !== undefined &&
    reading[end.got] === shown?.outcome &&
    isSameWord(end?.stage, shown?.stage) &&
    isSameWord(end?.status, shown?.status);
  verdict.knowable = verdict.deliveries.some(({ report }) => report.ends && report.run === last);
  verdict.silentlyWrong =
    !verdict.right &&
    shown !== null &&
    shown.outcome !== 'PENDING' &&
    TERMINAL.some((status) => isSameWord(status, shown.status)) &&
    !Object.values(shown.flags).includes(true);
}

/** The shares of a profile's verdicts. */
export function figuresOf(profile: string, verdicts: Verdict[]): Figures {
  const percent = (some: Verdict[], of: Verdict[]) => Math.round((10_000 * some.length) / of.length) / 100;
  const knowable = verdicts.filter((verdict) => verdict.knowable);
  const share = (test: (verdict: Verdict) => boolean) => percent(verdicts.filter(test), verdicts);
  return {
    profile,
    sessions: verdicts.length,
    right: share(({ right }) => right),
    ofKnowable: percent(
      knowable.filter(({ right }) => right),
      knowable,
    ),
    falseEnds: share(({ falseEnds }) => falseEnds.some(({ beforeDetails }) => !beforeDetails)),
    endsBeforeDetails: share(({ falseEnds }) => falseEnds.some(({ beforeDetails }) => beforeDetails)),
    silentlyWrong: share(({ silentlyWrong }) => silentlyWrong),
  };
}
