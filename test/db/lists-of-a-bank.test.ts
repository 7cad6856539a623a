import { beforeAll, expect, test } from 'vitest';
import type { ListPlace, Page } from '../../src/db/read/page.ts';
import { createReads, type Reads } from '../../src/db/read/reads.ts';
import { banks, callbacks, payments, sessions } from '../../src/db/schema.ts';
import { fromPayment } from '../../src/db/tables/rows.ts';
import { EXPLORER } from '../../src/domain/viewer.ts';
import { sessionRow } from '../support/builders/session-row.ts';
import { AT, journalRow, paymentOf, sessionOf } from '../support/builders/states.ts';
import { openCountedStore } from '../support/stores/counted-store.ts';
import { eachStore } from '../support/stores/stores.ts';

const READER = { viewer: EXPLORER };
/** One that nearly all rows have, a rare one, one that begins as another does, and one that none has. */
const BANKS = ['many', 'few', 'few2', 'none'];
const bankOf = (n: number) => (n % 20 === 0 ? 'few' : n % 20 === 7 ? 'few2' : 'many');
const ROWS = 90;
/** Three rows each have one time, so that ids break ties. */
const timeOf = (n: number) => AT + Math.floor(n / 3) * 1_000;
const idOf = (n: number) => `r${String((n * 37) % ROWS).padStart(3, '0')}`;

type What = 'sessions' | 'payments' | 'callbacks';

interface Row {
  readonly id: string;
  readonly at: number;
  readonly bankId: string;
}

type List = (
  reads: Reads,
  page: Page<{ bankId: string }, never>,
) => Promise<{
  readonly rows: readonly Row[];
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}>;

const LISTS: readonly (readonly [what: What, field: string, list: List])[] = [
  [
    'sessions',
    'CREATED_AT',
    async (reads, page) => {
      const found = await reads.sessions.list(page, READER);
      const rows = found.rows.map(({ sessionId: id, createdAt: at, bankId }) => ({ id, at, bankId }));
      return { ...found, rows };
    },
  ],
  [
    'payments',
    'CREATED_AT',
    async (reads, page) => {
      const found = await reads.payments.list(page, READER);
      const rows = found.rows.map(({ paymentId: id, createdAt: at, bankId }) => ({ id, at, bankId }));
      return { ...found, rows };
    },
  ],
  [
    'callbacks',
    'POSITION',
    async (reads, page) => {
      const found = await reads.journal.list(page, READER);
      const rows = found.rows.map(({ position: at, bankId }) => ({ id: '', at, bankId: bankId ?? '' }));
      return { ...found, rows };
    },
  ],
];

const inOrder = (a: Row, b: Row) => a.at - b.at || (a.id < b.id ? -1 : 1);

eachStore('a list of one bank', (on) => {
  let reads: Reads;
  const all: Record<What, Row[]> = { sessions: [], payments: [], callbacks: [] };

  beforeAll(async () => {
    const store = await openCountedStore(on);
    reads = createReads({ db: store.db });
    const numbers = Array.from({ length: ROWS }, (_, n) => n);
    await store.db.insert(banks).values(BANKS.map((bankId) => ({ bankId, secondaryIdentifiers: [] })));
    const about = (n: number) => ({ bankId: bankOf(n), createdAt: timeOf(n) });
    await store.db
      .insert(sessions)
      .values(numbers.map((n) => sessionRow({ ...sessionOf({ sessionId: idOf(n) }), ...about(n) })));
    await store.db
      .insert(payments)
      .values(numbers.map((n) => fromPayment({ ...paymentOf({ paymentId: idOf(n) }), ...about(n) })));
    await store.db.insert(callbacks).values(
      numbers.map((n) => ({
        ...journalRow({ position: n + 1, digest: `digest ${n}` }),
        changed: [],
        bankId: bankOf(n),
      })),
    );
    for (const n of numbers) {
      const row = { id: idOf(n), at: timeOf(n), bankId: bankOf(n) };
      all.sessions.push(row);
      all.payments.push(row);
      all.callbacks.push({ id: '', at: n + 1, bankId: bankOf(n) });
    }
  });

  test.each(LISTS)(
    'of %s has its rows in order, page after page, from both ends',
    async (what, field, list) => {
      for (const bankId of BANKS) {
        const expected = all[what].filter((row) => row.bankId === bankId).sort(inOrder);
        for (const direction of ['ASC', 'DESC'] as const) {
          const ordered = direction === 'ASC' ? expected : [...expected].reverse();
          for (const from of ['start', 'end'] as const) {
            const seen: Row[] = [];
            let place: ListPlace | null = null;
            for (let more = true; more; ) {
              const found: Awaited<ReturnType<List>> = await list(reads, {
                filter: { bankId },
                // cast: each list has a field of its own to be ordered by
                orderBy: { field: field as never, direction },
                ...{ count: 4, from },
                after: from === 'start' ? place : null,
                before: from === 'end' ? place : null,
              });
              const { rows } = found;
              if (from === 'start') seen.push(...rows);
              else seen.unshift(...rows);
              const isFirst = place === null;
              more = from === 'start' ? found.hasNext : found.hasPrevious;
              expect(from === 'start' ? found.hasPrevious : found.hasNext).toBe(!isFirst);
              const edge = from === 'start' ? rows.at(-1) : rows[0];
              place = edge === undefined ? null : { at: edge.at, id: edge.id };
              expect(seen.length).toBeLessThanOrEqual(expected.length);
            }
            expect(seen).toEqual(ordered);
          }
        }
      }
    },
  );
});
