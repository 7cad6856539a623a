import type { Attempt, StageState } from '../../domain/session/session.ts';
import { NOT_YET, ofStage, type Stages } from '../../domain/session/stages.ts';
import { STAGE_NAMES, type StageName } from '../../domain/words.ts';

/**
 * A session's stages as the store holds them: without what is as it was before anything was received, the stages and
 * their members alike. Each callback writes them, and PostgreSQL reads every character (docs/decisions/0058).
 */
export type StoredStages = Readonly<Partial<Record<StageName, StoredStage>>>;

type StoredStage = Omit<Partial<StageState>, 'shown' | 'suspected'> & {
  readonly [Run in 'shown' | 'suspected']?: StoredAttempt | null;
};

type StoredAttempt = Pick<Attempt, 'number' | 'facts' | 'startedAt' | 'lastFactAt'> & Partial<Attempt>;

/** The JSON of `StoredStages`: the same stages always give the same text. */
export function writeStages(stages: Stages): string {
  let text = '';
  for (const name of STAGE_NAMES) {
    const stage = ofStage(stages, name);
    const written = stage === NOT_YET ? '{}' : writeStage(stage);
    if (written !== '{}') text += `${text === '' ? '' : ','}"${name}":${written}`;
  }
  return `{${text}}`;
}

export const readStages = (stored: StoredStages): Stages => ({
  AUTHENTICATION: readStage(stored.AUTHENTICATION),
  ACCOUNTS: readStage(stored.ACCOUNTS),
  ACCOUNT_BALANCES: readStage(stored.ACCOUNT_BALANCES),
  TRANSACTIONS: readStage(stored.TRANSACTIONS),
  TRANSACTION_DETAILS: readStage(stored.TRANSACTION_DETAILS),
});

function writeStage({
  shown,
  suspected,
  past,
  next,
  putBackAt,
  passed,
  version,
  updatedAt,
}: StageState): string {
  let text = '';
  if (shown !== null) text += `,"shown":${writeAttempt(shown)}`;
  if (suspected !== null) text += `,"suspected":${writeAttempt(suspected)}`;
  if (past.length > 0) text += `,"past":${JSON.stringify(past)}`;
  if (next !== NOT_YET.next) text += `,"next":${next}`;
  if (putBackAt !== null) text += `,"putBackAt":${putBackAt}`;
  if (passed) text += ',"passed":true';
  if (version !== NOT_YET.version) text += `,"version":${version}`;
  if (updatedAt !== null) text += `,"updatedAt":${updatedAt}`;
  return `{${text.slice(1)}}`;
}

function writeAttempt(attempt: Attempt): string {
  const { number, facts, progress, endProgress, startedAt, lastFactAt, finishedAt, terminalAt } = attempt;
  let text = `{"number":${number},"facts":["${facts.join('","')}"]`;
  if (progress !== null) text += `,"progress":${JSON.stringify(progress)}`;
  if (endProgress !== null) text += `,"endProgress":${JSON.stringify(endProgress)}`;
  text += `,"startedAt":${startedAt},"lastFactAt":${lastFactAt}`;
  if (finishedAt !== null) text += `,"finishedAt":${finishedAt}`;
  if (terminalAt !== null) text += `,"terminalAt":${terminalAt}`;
  return `${text}}`;
}

function readStage(stored: StoredStage | undefined): StageState {
  if (stored === undefined) return NOT_YET;
  return {
    shown: readAttempt(stored.shown),
    suspected: readAttempt(stored.suspected),
    past: stored.past ?? NOT_YET.past,
    next: stored.next ?? NOT_YET.next,
    putBackAt: stored.putBackAt ?? null,
    passed: stored.passed ?? false,
    version: stored.version ?? NOT_YET.version,
    updatedAt: stored.updatedAt ?? null,
  };
}

function readAttempt(stored: StoredAttempt | null | undefined): Attempt | null {
  if (stored === null || stored === undefined) return null;
  return {
    number: stored.number,
    facts: stored.facts,
    progress: stored.progress ?? null,
    endProgress: stored.endProgress ?? null,
    lastFactAt: stored.lastFactAt,
    startedAt: stored.startedAt,
    finishedAt: stored.finishedAt ?? null,
    terminalAt: stored.terminalAt ?? null,
  };
}
