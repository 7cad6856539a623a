import type {
  CatchUp,
  ChangedPayment,
  ChangedSession,
  FoundAtHead,
  Head,
  Named,
  Portion,
} from '../../domain/catch-up.ts';
import { isStorableId } from '../../domain/ids.ts';
import type { Store } from '../store.ts';
import { type PaymentRow, type SessionRow, toJournalRow, toPayment, toSession } from '../tables/rows.ts';
import { createBatchLoader } from './batch-loader.ts';
import {
  PORTION,
  prepareFingerprints,
  prepareHead,
  prepareJournalSince,
  preparePaymentAtHead,
  preparePaymentsSince,
  prepareSessionAtHead,
  prepareSessionsSince,
} from './catch-up-statements.ts';
import { type Owner, paymentOwner, sessionOwner } from './scope.ts';

/** An id that no row holds: who asks for what is absent, or may see nothing, learns the head all the same. */
const NOBODY = '';

interface Key {
  readonly id: string;
  readonly owner: Owner;
}

/** Reads for subscriptions. Those that open in the same turn of the event loop are one statement. */
export function createCatchUp({ db }: Pick<Store, 'db'>): CatchUp {
  const headStatement = prepareHead(db);
  const head = createBatchLoader<null, Head>({ nameOf: () => '', load: () => headStatement.execute() });
  const fingerprints = prepareFingerprints(db);
  const fingerprintAt = createBatchLoader<number, string | null>({
    nameOf: String,
    async load(positions) {
      const found = await fingerprints.execute({ positions: JSON.stringify(positions) });
      const known = new Map(found.map((row) => [row.position, row.fingerprint]));
      return positions.map((position) => known.get(position) ?? null);
    },
  });
  const sessionBy = {
    id: byKey(prepareSessionAtHead(db, 'id'), toChangedSession),
    externalId: byKey(prepareSessionAtHead(db, 'externalId'), toChangedSession),
  };
  const paymentBy = {
    id: byKey(preparePaymentAtHead(db, 'id'), toChangedPayment),
    externalId: byKey(preparePaymentAtHead(db, 'externalId'), toChangedPayment),
  };
  const sessionsSince = prepareSessionsSince(db, 'all');
  const ownSessionsSince = prepareSessionsSince(db, 'own');
  const paymentsSince = preparePaymentsSince(db, 'all');
  const ownPaymentsSince = preparePaymentsSince(db, 'own');
  const journalSince = prepareJournalSince(db);

  return {
    head: () => head(null),
    fingerprintAt,
    session: (named, viewer) =>
      sessionBy['id' in named ? 'id' : 'externalId'](keyOf(named, sessionOwner(viewer))),
    payment: (named, viewer) =>
      paymentBy['id' in named ? 'id' : 'externalId'](keyOf(named, paymentOwner(viewer))),
    async sessionsSince(position, viewer) {
      const owner = sessionOwner(viewer);
      const rows =
        owner === null
          ? await sessionsSince.execute({ position })
          : await ownSessionsSince.execute({ position, owner: storable(owner) });
      return portionOf(rows, toChangedSession);
    },
    async paymentsSince(position, viewer) {
      const owner = paymentOwner(viewer);
      const rows =
        owner === null
          ? await paymentsSince.execute({ position })
          : await ownPaymentsSince.execute({ position, owner: storable(owner) });
      return portionOf(rows, toChangedPayment);
    },
    async journalSince(position) {
      return portionOf(await journalSince.execute({ position }), ({ found }) => found && toJournalRow(found));
    },
  };
}

function keyOf(named: Named, owner: Owner | undefined): Key {
  const id = storable('id' in named ? named.id : named.externalId);
  return { id, owner: owner === null ? null : storable(owner) };
}

/** What no row can hold is never sent. */
const storable = (id: string | undefined): string => (id !== undefined && isStorableId(id) ? id : NOBODY);

interface FoundSession {
  readonly head: Head;
  readonly found: SessionRow | null;
  readonly last: (Exclude<ChangedSession['last'], null> & LastRow) | null;
}

interface FoundPayment {
  readonly head: Head;
  readonly found: PaymentRow | null;
  readonly last: LastRow | null;
}

interface LastRow {
  readonly fingerprint: string;
}

const toChangedSession = ({ found, last }: FoundSession): ChangedSession | null =>
  found && {
    state: toSession(found),
    fingerprint: last?.fingerprint ?? '',
    last: last && { kind: last.kind, stage: last.stage },
  };

const toChangedPayment = ({ found, last }: FoundPayment): ChangedPayment | null =>
  found && { state: toPayment(found), fingerprint: last?.fingerprint ?? '' };

interface AtHead {
  readonly head: Head;
}

/** Loads by key through one statement a batch. */
function byKey<Row extends AtHead & { readonly keys: { readonly n: number } }, Shown>(
  statement: { execute(values: { keys: string }): Promise<readonly Row[]> },
  toShown: (row: Row) => Shown | null,
): (key: Key) => Promise<FoundAtHead<Shown>> {
  return createBatchLoader<Key, FoundAtHead<Shown>>({
    nameOf: ({ id, owner }) => (owner === null ? id : `${id}\0${owner}`),
    async load(keys) {
      const answers: FoundAtHead<Shown>[] = [];
      const rows = await statement.execute({ keys: JSON.stringify(keys.map((key, n) => ({ n, ...key }))) });
      for (const row of rows) answers[row.keys.n] = { head: row.head, found: toShown(row) };
      return answers;
    },
  });
}

/** The head stands in every row, also in the one that says that there is none. */
function portionOf<Row extends AtHead, Shown>(
  rows: readonly Row[],
  toShown: (row: Row) => Shown | null,
): Portion<Shown> {
  const [first] = rows;
  if (first === undefined) throw new Error('the store has no row of its own');
  const shown = rows.flatMap((row) => toShown(row) ?? []);
  return { head: first.head, rows: shown, more: shown.length >= PORTION };
}
