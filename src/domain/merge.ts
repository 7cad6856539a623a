import type { Account, Progress, SecondaryIdentifier, TransactionPage } from './callback.ts';

/*
 * Merging is free of order (DESIGN §4.6): whatever the order of two callbacks, the same values come out, but for
 * the order of lists. Each function gives back the very object it was given where nothing changes.
 */

/** The largest total, then the largest done; of two equal ones, the one that says what it counts. */
export function mergeProgress(held: Progress | null, reported: Progress | null): Progress | null {
  if (reported === null) return held;
  if (held === null) return reported;
  const further = reported.total - held.total || reported.done - held.done;
  if (further !== 0) return further > 0 ? reported : held;
  return held.unit === null && reported.unit !== null ? reported : held;
}

/** The union by (accountNumber, accountType), in the order first seen; of any other field the first value given. */
export function mergeAccounts(held: readonly Account[], reported: readonly Account[]): readonly Account[] {
  return mergeBy(held, reported, accountKey, mergeAccount);
}

/** By (accountId, transactionStatus): the largest count, the earliest and the latest dates. */
export function mergePages(
  held: readonly TransactionPage[],
  page: TransactionPage,
): readonly TransactionPage[] {
  return mergeBy(held, [page], pageKey, mergePage);
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
  );
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

function mergeBy<T>(
  held: readonly T[],
  reported: readonly T[],
  key: (item: T) => string,
  merge: (held: T, reported: T) => T,
): readonly T[] {
  if (reported.length === 0) return held;
  const byKey = new Map(held.map((item) => [key(item), item]));
  let changed = false;
  for (const item of reported) {
    const before = byKey.get(key(item));
    const after = before === undefined ? item : merge(before, item);
    if (after !== before) {
      byKey.set(key(item), after);
      changed = true;
    }
  }
  return changed ? [...byKey.values()] : held;
}
