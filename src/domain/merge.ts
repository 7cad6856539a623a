import type {
  Day,
  Progress,
  ReportedAccount,
  ReportedPage,
  SecondaryIdentifier,
} from './journal/callback.ts';
import type { Account, Instant, ReportedIn, TransactionPage } from './session/session.ts';
import { STAGE_NAMES, type StageName } from './words.ts';

/*
 * Merging does not depend on order: two callbacks in either order give the same values, except for the order of lists.
 * Each function returns the same object that it was given where nothing changes.
 */

/** The longest lists of a session; the rest is left out. No bank has as many, and each change takes time by length. */
export const MAX_ACCOUNTS = 1_000;
export const MAX_TRANSACTION_PAGES = 5_000;

/** A list after merging: the same array as before where nothing changed. */
export interface Merged<T> {
  readonly items: readonly T[];
  /** How many reported items were left out because the list is full. */
  readonly leftOut: number;
}

/** The largest total, then the largest done; of two equal ones, the one that has a unit. */
export function mergeProgress(held: Progress | null, reported: Progress | null): Progress | null {
  if (reported === null) return held;
  if (held === null) return reported;
  const further = reported.total - held.total || reported.done - held.done;
  if (further !== 0) return further > 0 ? reported : held;
  return held.unit === null && reported.unit !== null ? reported : held;
}

/** The stage, and its attempt, in which something was reported. */
export interface ReportedUnder {
  readonly stage: StageName;
  readonly attempt: number;
}

/**
 * The union by number and type, in the order first seen; every other field keeps its first value. Numbers that differ
 * only in spaces or letter case are the same, shown as first written; an account without a type is merged with one that
 * has its number.
 */
export function mergeAccounts(
  held: readonly Account[],
  reported: readonly ReportedAccount[],
  under: ReportedUnder,
): Merged<Account> {
  if (reported.length === 0) return { items: held, leftOut: 0 };
  const accounts = [...held];
  let leftOut = 0;
  const byNumber = new Map<string, number[]>();
  const placesOf = (number: string): number[] => {
    const places = byNumber.get(number) ?? [];
    byNumber.set(number, places);
    return places;
  };
  for (const [place, { accountNumber }] of accounts.entries()) {
    placesOf(comparable(accountNumber)).push(place);
  }
  let changed = false;
  for (const account of reported) {
    const places = placesOf(comparable(account.accountNumber));
    const place = placeOf(accounts, places, account.accountType);
    const before = place === undefined ? undefined : accounts[place];
    if (place === undefined || before === undefined) {
      if (accounts.length >= MAX_ACCOUNTS) {
        leftOut += 1;
        continue;
      }
      places.push(accounts.length);
      accounts.push({ ...account, reportedIn: { [under.stage]: under.attempt } });
      changed = true;
      continue;
    }
    const after = mergeAccount(before, account, under);
    accounts[place] = after;
    changed ||= after !== before;
  }
  return { items: changed ? accounts : held, leftOut };
}

const comparable = (text: string): string => text.replace(/\s+/g, '').toUpperCase();

/** Of the accounts with one number: the one of this type, else one where either type is missing. */
function placeOf(
  accounts: readonly Account[],
  places: readonly number[],
  type: string | null,
): number | undefined {
  const typeAt = (place: number) => accounts[place]?.accountType ?? null;
  if (type === null) return places[0];
  return (
    places.find((place) => comparable(typeAt(place) ?? '') === comparable(type)) ??
    places.find((place) => typeAt(place) === null)
  );
}

/** By (accountId, transactionStatus): the largest count, the earliest and the latest dates. */
export function mergePages(
  held: readonly TransactionPage[],
  page: ReportedPage,
  under: ReportedUnder & { readonly receivedAt: Instant },
): Merged<TransactionPage> {
  const reported = { ...page, receivedAt: under.receivedAt, reportedIn: { [under.stage]: under.attempt } };
  return mergeBy(held, [reported], pageKey, mergePage, MAX_TRANSACTION_PAGES);
}

/** How many identifiers are kept: a bank has a few, and each callback that names it is compared with them. */
const MAX_IDENTIFIERS = 100;

/** Every pair of type and value, once, in the order first seen; what is beyond the first 100 is left out. */
export function mergeIdentifiers(
  held: readonly SecondaryIdentifier[],
  reported: readonly SecondaryIdentifier[],
): readonly SecondaryIdentifier[] {
  let merged = held;
  for (const { type, value } of reported) {
    if (merged.length >= MAX_IDENTIFIERS) break;
    if (!merged.some((known) => known.type === type && known.value === value)) {
      merged = [...merged, { type, value }];
    }
  }
  return merged;
}

const pageKey = ({ accountId, transactionStatus }: ReportedPage) =>
  JSON.stringify([accountId, transactionStatus]);

function mergeAccount(held: Account, reported: ReportedAccount, under: ReportedUnder): Account {
  const accountType = held.accountType ?? reported.accountType;
  const accountRelation = held.accountRelation.length > 0 ? held.accountRelation : reported.accountRelation;
  const manualAccountRelation = held.manualAccountRelation ?? reported.manualAccountRelation;
  const reportedIn = mergeReportedIn(held.reportedIn, { [under.stage]: under.attempt });
  const same =
    accountType === held.accountType &&
    accountRelation.length === held.accountRelation.length &&
    manualAccountRelation === held.manualAccountRelation &&
    reportedIn === held.reportedIn;
  return same ? held : { ...held, accountType, accountRelation, manualAccountRelation, reportedIn };
}

function mergePage(held: TransactionPage, reported: TransactionPage): TransactionPage {
  return {
    accountId: held.accountId,
    transactionStatus: held.transactionStatus,
    transactionsCount: Math.max(held.transactionsCount, reported.transactionsCount),
    earliestAccountingDate: least(held.earliestAccountingDate, reported.earliestAccountingDate),
    latestAccountingDate: most(held.latestAccountingDate, reported.latestAccountingDate),
    earliestEffectiveDate: least(held.earliestEffectiveDate, reported.earliestEffectiveDate),
    latestEffectiveDate: most(held.latestEffectiveDate, reported.latestEffectiveDate),
    receivedAt: Math.max(held.receivedAt, reported.receivedAt),
    reportedIn: mergeReportedIn(held.reportedIn, reported.reportedIn),
  };
}

/** The highest attempt of each stage; `held` itself where `reported` has none higher. */
function mergeReportedIn(held: ReportedIn, reported: ReportedIn): ReportedIn {
  if (STAGE_NAMES.every((name) => (reported[name] ?? 0) <= (held[name] ?? 0))) return held;
  const merged: { -readonly [Name in keyof ReportedIn]: ReportedIn[Name] } = {};
  // In the order of the stages, so that the same reports give the same text in any order.
  for (const name of STAGE_NAMES) {
    const attempt = Math.max(held[name] ?? 0, reported[name] ?? 0);
    if (attempt > 0) merged[name] = attempt;
  }
  return merged;
}

const least = (a: Day | null, b: Day | null) => (a === null || b === null ? (a ?? b) : a <= b ? a : b);
const most = (a: Day | null, b: Day | null) => (a === null || b === null ? (a ?? b) : a >= b ? a : b);

/** The index of each key in a list: made once for each list that is merged into, and passed on to the merged list. */
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

/** Moves the index to the new list; another merge into the old list would build its index again. */
function handOn(found: Map<string, number>, from: readonly object[], to: readonly object[]): void {
  places.delete(from);
  places.set(to, found);
}
