import type { Account, Json, TransactionPage } from '../domain/callback.ts';
import { readDate } from './dates.ts';
import { faultAt, isObject, type JsonObject, own, readCount, readText, requiredId } from './fields.ts';

/** The accounts of `details.accounts`. Each needs its number; an unreadable one faults the whole callback. */
export function readAccounts(body: JsonObject): readonly Account[] {
  const details = own(body, 'details');
  const members = isObject(details) ? own(details, 'accounts') : undefined;
  return Array.isArray(members) ? members.map(readAccount) : [];
}

function readAccount(member: Json, index: number): Account {
  const path = `/details/accounts/${index}`;
  if (!isObject(member)) throw faultAt(path, 'is not an object with an accountNumber');
  const relation = own(member, 'accountRelation');
  return {
    accountNumber: requiredId(member, 'accountNumber', path),
    accountType: readText(own(member, 'accountType')),
    accountRelation: Array.isArray(relation)
      ? relation.filter((value) => value !== null && isWritable(value))
      : [],
    manualAccountRelation: readText(own(member, 'manualAccountRelation')),
  };
}

/** Whether JSON can write it back: `1e400` is read as Infinity, which would be stored as null. */
function isWritable(value: Json): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isWritable);
}

/** The first page of one account's transactions in one status; its dates are null where unreadable. */
export function readPage(body: JsonObject): TransactionPage {
  const accountId = requiredId(body, 'accountId');
  const transactionStatus = requiredId(body, 'transactionStatus');
  const transactionsCount = readCount(own(body, 'transactionsCount'));
  if (transactionsCount === null) {
    throw faultAt('/transactionsCount', 'is missing or is not a whole number from 0 to 2^31-1');
  }
  return {
    accountId,
    transactionStatus,
    transactionsCount,
    // The page's sample says earliestAccountDate beside latestAccountingDate: both spellings are taken.
    earliestAccountingDate:
      readDate(own(body, 'earliestAccountDate')) ?? readDate(own(body, 'earliestAccountingDate')),
    latestAccountingDate: readDate(own(body, 'latestAccountingDate')),
    earliestEffectiveDate: readDate(own(body, 'earliestEffectiveDate')),
    latestEffectiveDate: readDate(own(body, 'latestEffectiveDate')),
  };
}
