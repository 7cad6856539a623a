import type { Cause } from './causes.ts';
import type { Judgement } from './judge.ts';
import type { Outcome } from './words.ts';

/** Sessions of a kind, and how many of them are as asked. */
export interface Count {
  readonly count: number;
  readonly of: number;
}

/** The judgements, counted. `per100` makes figures of them. */
export interface Verdict {
  /** Outcome, stage and status right. */
  readonly right: Count;
  /** The same, of the sessions whose last end arrived. */
  readonly rightOfKnowable: Count;
  /** The outcome right, whatever stage and status say. */
  readonly outcomeRight: Count;
  readonly rightByOutcome: Readonly<Record<Outcome, Count>>;
  readonly wrongByCause: Readonly<Record<Cause, Count>>;
  readonly silentlyWrong: Count;
  /** Sessions that showed an end of a run which had not ended. */
  readonly falseEnds: Count;
  /** The same, of the sessions of a single run that succeeded. */
  readonly falseEndsOfPlain: Count;
  /** The same, of those whose Accounts reported on the way that some accounts were there, "1/2". */
  readonly falseEndsOfPlainWithProgress: Count;
  /** Sessions that still showed the end of the run before when a callback of a new run had arrived. */
  readonly staleEnds: Count;
  /** Those of them that did not say that a restart is suspected. */
  readonly staleEndsUnsaid: Count;
  /** Sessions whose consent held at the beginning. */
  readonly refreshRight: Count;
  /** Refresh sessions whose person signed in and that are still shown as asking for it. */
  readonly refreshStillAsked: Count;
}

/** Counts the judgements. */
export function verdictOf(judgements: readonly Judgement[]): Verdict {
  const count = (
    among: (judgement: Judgement) => boolean,
    which: (judgement: Judgement) => boolean,
  ): Count => {
    const found = judgements.filter(among);
    return { count: found.filter(which).length, of: found.length };
  };
  const all = () => true;
  const isRight = (judgement: Judgement): boolean => judgement.isRight;
  const ofOutcome = (outcome: Outcome): Count =>
    count(({ session }) => session.truth.outcome === outcome, isRight);
  const ofCause = (cause: Cause): Count => count(all, (judgement) => judgement.cause === cause);

  return {
    right: count(all, isRight),
    rightOfKnowable: count((judgement) => judgement.isKnowable, isRight),
    outcomeRight: count(all, ({ session, shown }) => shown?.outcome === session.truth.outcome),
    rightByOutcome: {
      SUCCEEDED: ofOutcome('SUCCEEDED'),
      PARTIALLY_SUCCEEDED: ofOutcome('PARTIALLY_SUCCEEDED'),
      FAILED: ofOutcome('FAILED'),
      NEEDS_AUTHORIZATION: ofOutcome('NEEDS_AUTHORIZATION'),
      PENDING: ofOutcome('PENDING'),
    },
    wrongByCause: {
      'lost end': ofCause('lost end'),
      'lost earlier end': ofCause('lost earlier end'),
      'lost page/accounts': ofCause('lost page/accounts'),
      'late duplicate': ofCause('late duplicate'),
      reordering: ofCause('reordering'),
      'lost step': ofCause('lost step'),
      rule: ofCause('rule'),
    },
    silentlyWrong: count(all, (judgement) => judgement.isSilentlyWrong),
    falseEnds: count(all, (judgement) => judgement.premature !== null),
    falseEndsOfPlain: count(isPlain, (judgement) => judgement.premature !== null),
    falseEndsOfPlainWithProgress: count(
      (judgement) => isPlain(judgement) && hasReportedSome(judgement),
      (judgement) => judgement.premature !== null,
    ),
    staleEnds: count(all, (judgement) => judgement.stale !== null),
    staleEndsUnsaid: count(all, ({ stale }) => stale !== null && !stale.shown.flags.restartSuspected),
    refreshRight: count(({ session }) => session.profile.isRefresh, isRight),
    refreshStillAsked: count(hasSignedIn, ({ shown }) => shown?.nextAction === 'REAUTHENTICATE'),
  };
}

/** How many of 100, with two decimals; a dash of none. */
export function per100({ count, of }: Count): string {
  return of === 0 ? '–' : ((100 * count) / of).toFixed(2);
}

function isPlain({ session }: Judgement): boolean {
  return session.runs.length === 1 && session.truth.outcome === 'SUCCEEDED';
}

function hasReportedSome({ session }: Judgement): boolean {
  return session.runs.some((run) =>
    run.reports.some(({ stage, status, progress }) => {
      const [done, of] = progress?.split('/') ?? [];
      return stage === 'ACCOUNTS' && status === 'IN_PROGRESS' && done !== of;
    }),
  );
}

/** A refresh session whose person signed in, and who is not asked to do so again. */
function hasSignedIn({ session }: Judgement): boolean {
  const signedIn = session.runs.some((run) =>
    run.reports.some((report) => report.stage === 'AUTHENTICATION' && report.status === 'FINISHED'),
  );
  return session.profile.isRefresh && signedIn && session.truth.nextAction !== 'REAUTHENTICATE';
}
