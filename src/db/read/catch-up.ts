import type {
  CatchUp,
  ChangedState,
  FoundAtHead,
  Head,
  Portion,
  StalledWindow,
  StateCatchUp,
} from '../../domain/catch-up.ts';
import { isStorableId } from '../../domain/ids.ts';
import { PAYMENT } from '../../domain/payment/subject.ts';
import type { Session } from '../../domain/session/session.ts';
import { SESSION } from '../../domain/session/subject.ts';
import { type Owner, ownerFor, type State, type Subject } from '../../domain/subject.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { Db, Store } from '../store.ts';
import { type SessionRow, toJournalRow, toPayment, toSession } from '../tables/rows.ts';
import { createKeyLoader, type Key, type KeyStatement, keyOf } from './batch-keys.ts';
import { createBatchLoader } from './batch-loader.ts';
import { instantText } from './conditions.ts';
import { createHeadRead } from './head-read.ts';
import {
  prepareFingerprints,
  prepareJournalSince,
  prepareStalled,
  prepareStatesAtHead,
  prepareStatesSince,
  ROWS_PER_READ,
} from './state-statements.ts';
import { PAYMENT_TABLE, SESSION_TABLE, type StateTable } from './state-table.ts';

/** Reads for subscriptions. Those that open in the same turn of the event loop share one statement. */
export function createCatchUp({ db }: Pick<Store, 'db'>): CatchUp {
  const journalSince = prepareJournalSince(db);
  return {
    head: createHeadRead(db, 'catch_up_head'),
    fingerprintAt: createFingerprintRead(db),
    sessions: {
      ...createStateCatchUp(SESSION, statementsOf(db, SESSION_TABLE), toSession),
      stalled: createStalledRead(db),
    },
    payments: {
      ...createStateCatchUp(PAYMENT, statementsOf(db, PAYMENT_TABLE), toPayment),
      stalled: async () => ({ rows: [], more: false }),
    },
    async journalSince(position) {
      return portionOf(await journalSince.execute({ position }), ({ found }) => found && toJournalRow(found));
    },
  };
}

/** Sessions that stalled within a window. All that stalled in one millisecond are in the same portion. */
function createStalledRead(db: Db) {
  const statements = { all: prepareStalled(db, 'all'), own: prepareStalled(db, 'own') };
  return async ({ from, before, afterMs }: StalledWindow, viewer: Viewer) => {
    const owner = ownerFor(SESSION, viewer);
    const values = {
      rowAt: typeof from === 'number' ? null : from.rowAt,
      from: typeof from === 'number' ? instantText(from - afterMs) : null,
      before: instantText(before - afterMs),
      afterMs,
    };
    const rows: readonly SessionRow[] =
      owner === null
        ? await statements.all.execute(values)
        : await statements.own.execute({ ...values, owner: storableOwner(owner) });
    return { rows: rows.map((row): Session => toSession(row)), more: rows.length >= ROWS_PER_READ };
  };
}

function createFingerprintRead(db: Db) {
  const statement = prepareFingerprints(db);
  return createBatchLoader<number, string | null>({
    nameOf: String,
    async load(positions) {
      const found = await statement.execute({ positions: JSON.stringify(positions) });
      const known = new Map(found.map((row) => [row.position, row.fingerprint]));
      return positions.map((position) => known.get(position) ?? null);
    },
  });
}

function statementsOf<T extends StateTable['table']>(db: Db, table: StateTable<T>) {
  return {
    byId: prepareStatesAtHead(db, table, 'id'),
    byExternalId: prepareStatesAtHead(db, table, 'external'),
    sinceAll: prepareStatesSince(db, table, 'all'),
    sinceOwn: prepareStatesSince(db, table, 'own'),
  };
}

/** A row of an answer: the head as the statement saw it, and the state that was found. */
interface Answered<Row> {
  readonly head: Head;
  readonly found: Row | null;
  readonly last: (Exclude<ChangedState<Row>['last'], null> & { readonly fingerprint: string }) | null;
}

interface Statements<Row> {
  readonly byId: KeyStatement<Answered<Row>>;
  readonly byExternalId: KeyStatement<Answered<Row>>;
  readonly sinceAll: { execute(values: { position: number }): Promise<readonly Answered<Row>[]> };
  readonly sinceOwn: {
    execute(values: { position: number; owner: string }): Promise<readonly Answered<Row>[]>;
  };
}

function createStateCatchUp<S extends State, Row>(
  subject: Subject<S>,
  { byId, byExternalId, sinceAll, sinceOwn }: Statements<Row>,
  toState: (row: Row) => S,
): Omit<StateCatchUp<S>, 'stalled'> {
  const toChanged = ({ found, last }: Answered<Row>): ChangedState<S> | null =>
    found && {
      state: toState(found),
      fingerprint: last?.fingerprint ?? '',
      last: last && { kind: last.kind, stage: last.stage },
    };
  const toAnswer = (row: Answered<Row>): FoundAtHead<ChangedState<S>> => ({
    head: row.head,
    found: toChanged(row),
  });
  const findById = createKeyLoader({ statement: byId, toAnswer });
  const findByExternalId = createKeyLoader({ statement: byExternalId, toAnswer });
  return {
    find(named, viewer) {
      const find = 'id' in named ? findById : findByExternalId;
      return find(keyOf(named, ownerFor(subject, viewer)) ?? NO_ROW);
    },
    async since(position, viewer) {
      const owner = ownerFor(subject, viewer);
      const rows =
        owner === null
          ? await sinceAll.execute({ position })
          : await sinceOwn.execute({ position, owner: storableOwner(owner) });
      return portionOf(rows, toChanged);
    },
  };
}

/** A key that no row has: used where no state can be found, because the head is still needed. */
const NO_ROW: Key = { id: '', owner: null };

/** The empty text, an owner without rows, stands in for an owner that no row can have and for a missing one. */
function storableOwner(owner: Exclude<Owner, null> | undefined): string {
  return owner !== undefined && isStorableId(owner) ? owner : '';
}

/** Every row holds the head, also the single row of an empty result. */
function portionOf<Row extends { readonly head: Head }, Shown>(
  rows: readonly Row[],
  toShown: (row: Row) => Shown | null,
): Portion<Shown> {
  const [first] = rows;
  if (first === undefined) throw new Error('the table store has no row');
  const shown = rows.flatMap((row) => toShown(row) ?? []);
  return { head: first.head, rows: shown, more: shown.length >= ROWS_PER_READ };
}
