import { parseApplied } from '../../callbacks/parse/parse.ts';
import type { SessionCallback } from '../../domain/journal/callback.ts';
import { toWire } from '../../domain/words.ts';
import { type Scenario, ScenarioFile } from '../../simulator/scenario/scenario.ts';
import { type Cast, createCast } from './cast.ts';
import type { ExportedRow, ExportedState } from './read-session.ts';

/** A scenario, and how many rows of the journal are not in it, because they were not applied. */
export interface Exported {
  readonly scenario: Scenario;
  readonly leftOut: number;
}

interface Applied {
  readonly row: ExportedRow;
  readonly callback: SessionCallback;
}

/**
 * A scenario that plays what the journal of a session has, in its order, and expects what the gateway shows. The ids are
 * the simulator's. Masked, it has nothing of the person: see createCast.
 * @throws Error where the bodies may not be read, or none was applied
 */
export function toScenario(
  state: ExportedState,
  rows: readonly ExportedRow[],
  { isMasked }: { readonly isMasked: boolean },
): Exported {
  const applied = rows.flatMap((row) => readApplied(row));
  const [first] = applied;
  if (first === undefined) throw new Error('nothing of this session was applied');
  const callbacks = applied.map(({ callback }) => callback);
  const cast = createCast(callbacks, isMasked);
  const restarts = restartsOf(state);
  const { isSca, userId } = first.callback;
  const steps = applied.map((one, place) => ({
    pause: pauseBetween(applied[place - 1] ?? one, one),
    ...stepOf(one.callback, cast, isMasked),
    ...(restarts.has(one.row.position) ? { restart: true } : {}),
  }));
  const scenario = ScenarioFile.parse({
    name: 'exported',
    description: isMasked ? 'A session, exported and masked.' : 'A session, exported.',
    people: [isMasked ? 'person-1' : userId],
    banks: [bankOf(callbacks, isMasked)],
    sessions: [
      {
        ...(isSca === null ? {} : { isSca }),
        ...(cast.accounts.length === 0 ? {} : { accounts: cast.accounts }),
        ...{ steps, expect: expectationOf(state) },
      },
    ],
  });
  return { scenario, leftOut: rows.length - applied.length };
}

function readApplied(row: ExportedRow): readonly Applied[] {
  if (row.outcome === 'QUARANTINED') return [];
  if (row.body === null)
    throw new Error('the bodies cannot be read: the token needs the scope callboard:accounts');
  const parsed = parseApplied(Buffer.from(row.body));
  return parsed.ok && parsed.callback.kind !== 'PAYMENT' ? [{ row, callback: parsed.callback }] : [];
}

/** Positions of the rows that began a further attempt of their stage. */
function restartsOf({ stages }: ExportedState): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { facts } of stages) {
    let attempt = 1;
    for (const fact of facts.toSorted((a, b) => Number(a.position) - Number(b.position))) {
      if (fact.attempt > attempt) found.add(fact.position);
      attempt = Math.max(attempt, fact.attempt);
    }
  }
  return found;
}

function pauseBetween({ row: before }: Applied, { row }: Applied): number {
  return Math.max(0, Date.parse(row.receivedAt) - Date.parse(before.receivedAt));
}

function stepOf(callback: SessionCallback, cast: Cast, isMasked: boolean): object {
  const { stage, status, progress, page: reported } = callback;
  const page = cast.pageOf(callback);
  const places = cast.placesOf(callback);
  const fields = {
    earliestAccountDate: reported?.earliestAccountingDate ?? null,
    latestAccountingDate: reported?.latestAccountingDate ?? null,
    earliestEffectiveDate: reported?.earliestEffectiveDate ?? null,
    latestEffectiveDate: reported?.latestEffectiveDate ?? null,
  };
  return {
    ...{ stage: toWire(stage), status: toWire(status) },
    ...(progress === null ? {} : { progress: `${progress.done}/${progress.total}` }),
    ...(places.length === 0 ? {} : { accounts: places }),
    ...(page === undefined ? {} : { page }),
    ...(page === undefined || isMasked ? {} : { fields }),
  };
}

/** The bank of the session; masked, only an id that is a number and a BIC that has the form of one. */
function bankOf(callbacks: readonly SessionCallback[], isMasked: boolean): object {
  const bankId = callbacks[0]?.bank.bankId ?? '';
  const identifiers = callbacks.flatMap(({ bank }) => bank.secondaryIdentifiers);
  const bic = identifiers.find(({ type }) => type === '1' || type === 'swiftBicCode')?.value;
  const isBic = bic !== undefined && /^[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(bic);
  return { id: isMasked && !/^\d{1,6}$/.test(bankId) ? 'bank-1' : bankId, ...(isBic ? { bic } : {}) };
}

function expectationOf(state: ExportedState): object {
  const { outcome, nextAction, stage, failedStage, stages, accounts, transactionPages, conflict } = state;
  const reported = stages.flatMap(({ name, status }) => (status === null ? [] : [[name, status]]));
  return {
    ...{ outcome, nextAction, conflict, stage: stage.name },
    ...(stage.status === null ? {} : { status: stage.status }),
    failedStage: failedStage?.name ?? null,
    stages: Object.fromEntries(reported),
    accounts: accounts.length,
    pages: transactionPages.length,
  };
}
