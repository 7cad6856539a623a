import type { Account, Progress, SecondaryIdentifier, TransactionPage } from './callback.ts';

/*
 * Merging is free of order (DESIGN §4.6): whatever the order of two callbacks, the same values come out, but for
 * the order of lists. Each function gives back the very object it was given where nothing changes.
 */

/** How long a session's lists may be. What is beyond is left out: no bank has as many, and every change costs by them. */
export const MAX_ACCOUNTS = 1_000;
export const MAX_TRANSACTION_PAGES = 5_000;

/** A list after merging: the very one that was held where nothing changed. */
export interface Merged<T> {
  readonly items: readonly T[];
  /** How many that were reported found no place. */
  readonly leftOut: number;
}

/** The largest total, then the largest done; of two equal ones, the one that says what it counts. */
export function mergeProgress(held: Progress | null, reported: Progress | null): Progress | null {
  if (reported === null) return held;
  if (held === null) return reported;
  const further = reported.total - held.total || reported.done - held.done;
  if (further !== 0) return further > 0 ? reported : held;
  return held.unit === null && reported.unit !== null ? reported : held;
}

/** The union by (accountNumber, accountType), in the order first seen; of any other field the first value given. */
export function mergeAccounts(held: readonly Account[], reported: readonly Account[]): Merged<Account> {
  return mergeBy(held, reported, accountKey, mergeAccount, MAX_ACCOUNTS);
}

/** By (accountId, transactionStatus): the largest count, the earliest and the latest dates. */
export function mergePages(held: readonly TransactionPage[], page: TransactionPage): Merged<TransactionPage> {
  return mergeBy(held, [page], pageKey, mergePage, MAX_TRANSACTION_PAGES);
}

/** Of each type the value given first, in the order first seen. */
export function mergeIdentifiers(
  held: readonly SecondaryIdentifier[],
  reported: readonly SecondaryIdentifier[],
): readonly SecondaryIdentifier[] {
  return mergeBy(
    held,
    reported,
    ({ type }) => type,
    (identifier) => identifier,
    Number.POSITIVE_INFINITY,
  ).items;
}

const accountKey = ({ accountNumber, accountType }: Account) => JSON.stringify([accountNumber, accountType]);
const pageKey = ({ accountId, transactionStatus }: TransactionPage) =>
  JSON.stringify([accountId, transactionStatus]);

function mergeAccount(held: Account, reported: Account): Account {
  const accountRelation = held.accountRelation.length > 0 ? held.accountRelation : reported.accountRelation;
  const manualAccountRelation = held.manualAccountRelation ?? reported.manualAccountRelation;
  const same =
    accountRelation.length === held.accountRelation.length &&
    manualAccountRelation === held.manualAccountRelation;
  return same ? held : { ...held, accountRelation, manualAccountRelation };
}

function mergePage(held: TransactionPage, reported: TransactionPage): TransactionPage {
  const merged: TransactionPage = {
    accountId: held.accountId,
    transactionStatus: held.transactionStatus,
    transactionsCount: Math.max(held.transactionsCount, reported.transactionsCount),
    earliestAccountingDate: least(held.earliestAccountingDate, reported.earliestAccountingDate),
    latestAccountingDate: most(held.latestAccountingDate, reported.latestAccountingDate),
    earliestEffectiveDate: least(held.earliestEffectiveDate, reported.earliestEffectiveDate),
    latestEffectiveDate: most(held.latestEffectiveDate, reported.latestEffectiveDate),
  };
  const same =
    merged.transactionsCount === held.transactionsCount &&
    merged.earliestAccountingDate === held.earliestAccountingDate &&
    merged.latestAccountingDate === held.latestAccountingDate &&
    merged.earliestEffectiveDate === held.earliestEffectiveDate &&
    merged.latestEffectiveDate === held.latestEffectiveDate;
  return same ? held : merged;
}

const least = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.min(a, b));
const most = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.max(a, b));

/** Where each key stands in a list: made once for each list that is merged into, and handed on to what comes of it. */
const places = new WeakMap<readonly object[], Map<string, number>>();

function placesOf<T extends object>(list: readonly T[], key: (item: T) => string): Map<string, number> {
  const found = places.get(list);
  if (found !== undefined) return found;
  const made = new Map(list.map((item, place) => [key(item), place]));
  places.set(list, made);
  return made;
}

function mergeBy<T extends object>(
  held: readonly T[],
  reported: readonly T[],
  key: (item: T) => string,
  merge: (held: T, reported: T) => T,
  most: number,
): Merged<T> {
  if (reported.length === 0) return { items: held, leftOut: 0 };
  const found = placesOf(held, key);
  let items: T[] | null = null;
  let leftOut = 0;
  for (const item of reported) {
    const place = found.get(key(item));
    const before = place === undefined ? undefined : (items ?? held)[place];
    if (place !== undefined && before !== undefined) {
      const after = merge(before, item);
      if (after === before) continue;
      items ??= [...held];
      items[place] = after;
    } else if ((items ?? held).length < most) {
      items ??= [...held];
      found.set(key(item), items.length);
      items.push(item);
    } else {
      leftOut += 1;
    }
  }
  if (items === null) return { items: held, leftOut };
  handOn(found, held, items);
  return { items, leftOut };
}

/** The old list's places are the new one's now: whoever merges into the old one again finds them anew. */
function handOn(found: Map<string, number>, from: readonly object[], to: readonly object[]): void {
  places.delete(from);
  places.set(to, found);
}
