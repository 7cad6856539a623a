import { type SQL, sql } from 'drizzle-orm';
import { quietTo, type Silence } from '../../domain/session/silence.ts';
import { banks, sessions } from '../schema.ts';
import type { Db, Store } from '../store.ts';
import { instantText } from './conditions.ts';
import { fetchFor, isReversed, type ListOf, type ListPlace, type Page, toList } from './page.ts';
import { createPreparedByShape } from './prepared-by-shape.ts';
import { type ReadQueue, readThrough } from './read-queue.ts';
import type { Reader } from './reader.ts';
import { hasStalled, touchedSince } from './touched.ts';

/** What banks are ordered by: FAILED and STALLED are counts of sessions that were touched in the last 60 minutes. */
export const BANK_ORDER_FIELDS = ['BANK_ID', 'FAILED', 'STALLED'] as const;
export type BankOrderField = (typeof BANK_ORDER_FIELDS)[number];
export type BankPage = Page<null, BankOrderField>;

/** A bank in a list. */
export interface ListedBank {
  readonly bankId: string;
  /** The count that the list is ordered by; 0 by BANK_ID. */
  readonly rank: number;
}

/** Banks that callbacks named; for operators, empty for other viewers. */
export type BankList = (page: BankPage, reader: Reader) => Promise<Omit<ListOf<ListedBank>, 'head'>>;

const COUNTED_MS = 60 * 60_000;
const NO_BANKS = Object.freeze({ rows: [], hasPrevious: false, hasNext: false });

export function createBankList({ db }: Pick<Store, 'db'>, silence: Silence, queue: ReadQueue): BankList {
  const prepared = createPreparedByShape<ReturnType<typeof prepareBanks>>('banks');
  return async (page, { viewer, cancellation }) => {
    if (!viewer.isOperator) return NO_BANKS;
    const { field, direction } = page.orderBy;
    const shape = [
      field,
      direction,
      page.from,
      fetchFor(page.count),
      page.after !== null,
      page.before !== null,
    ].join(' ');
    const statement = prepared({ shape, isPlannedOnce: false }, () => prepareBanks(db, page));
    const values = {
      since: instantText(silence.now() - COUNTED_MS),
      quietTo: instantText(quietTo(silence)),
      ...placeValues('after', page.after),
      ...placeValues('before', page.before),
    };
    const found = await readThrough(queue, cancellation, () => statement.execute(values));
    const [{ hasPrevious, hasNext } = NO_BANKS] = found;
    const rows = found.flatMap(({ bankId, rank }) => (bankId === null ? [] : [{ bankId, rank }]));
    return toList(page, rows, { hasPrevious, hasNext });
  };
}

const placeValues = (name: string, place: ListPlace | null) =>
  place === null ? {} : { [name]: String(place.at), [`${name}Id`]: place.id };

/** One row a bank of the page, or one without a bank: each says what lies before and after the page. */
function prepareBanks(db: Db, page: BankPage) {
  const { orderBy, after, before } = page;
  const [behind, ahead] = orderBy.direction === 'DESC' ? ['<', '>'] : ['>', '<'];
  const isThan = (name: string, than: string): SQL =>
    sql`(rank, bank_id) ${sql.raw(than)} (${sql.placeholder(name)}::int, ${sql.placeholder(`${name}Id`)}::text)`;
  const any = (place: ListPlace | null, name: string, than: string): SQL =>
    place === null ? sql`false` : sql`exists (select 1 from ranked where ${isThan(name, `${than}=`)})`;
  const inWindow = sql.join(
    [
      sql`true`,
      ...(after === null ? [] : [isThan('after', behind)]),
      ...(before === null ? [] : [isThan('before', ahead)]),
    ],
    sql` and `,
  );
  const direction = sql.raw(isReversed(page) ? 'asc' : 'desc');
  const order = sql`rank ${direction}, bank_id ${direction}`;
  const listed = sql`(
    with ranked as (${rankedBanks(orderBy.field)})
    select has_previous, has_next, bank_id, rank
    from (select ${any(after, 'after', ahead)} as has_previous, ${any(before, 'before', behind)} as has_next) as head
    left join (
      select bank_id, rank from ranked where ${inWindow} order by ${order} limit ${sql.raw(String(fetchFor(page.count)))}
    ) as top on true
    order by ${order}
  ) as listed`;
  return db
    .select({
      bankId: sql<string | null>`bank_id`,
      rank: sql<number>`rank`.mapWith(Number),
      hasPrevious: sql<boolean>`has_previous`,
      hasNext: sql<boolean>`has_next`,
    })
    .from(listed);
}

function rankedBanks(field: BankOrderField): SQL {
  if (field === 'BANK_ID') return sql`select ${banks.bankId}, 0 as rank from ${banks}`;
  const counts = field === 'FAILED' ? sql`${sessions.outcome} = 'FAILED'` : hasStalled;
  return sql`
    select ${banks.bankId}, coalesce(counted.n, 0)::int as rank
    from ${banks} left join (
      select ${sessions.bankId}, count(*) as n from ${sessions} where ${touchedSince} and ${counts} group by ${sessions.bankId}
    ) as counted on counted.bank_id = ${banks.bankId}`;
}
