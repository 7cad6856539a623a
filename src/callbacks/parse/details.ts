import type { Day, Json, ReportedAccount, ReportedPage } from '../../domain/journal/callback.ts';
import { readDay } from './dates.ts';
import type { FaultList } from './fault-list.ts';
import {
  ID_ALLOWED,
  isBeyondSafe,
  isObject,
  type JsonObject,
  own,
  readCount,
  readId,
  unreadableId,
} from './fields.ts';
import { optional } from './optional.ts';

/** The accounts of `details.accounts`; one without a readable number is left out. */
export function readAccounts(body: JsonObject, faults: FaultList): readonly ReportedAccount[] {
  const details = own(body, 'details');
  const members = isObject(details) ? own(details, 'accounts') : undefined;
  if (!Array.isArray(members)) return [];
  const accounts: ReportedAccount[] = [];
  for (const [index, member] of members.entries()) {
    const account = readAccount(member, `/details/accounts/${index}`, faults);
    if (account !== null) accounts.push(account);
  }
  return accounts;
}

function readAccount(member: Json, path: string, faults: FaultList): ReportedAccount | null {
  if (!isObject(member)) {
    faults.add(path, 'is not an object with an accountNumber');
    return null;
  }
  const accountNumber = readId(own(member, 'accountNumber'));
  if (accountNumber === null || accountNumber.trim() === '') {
    faults.add(`${path}/accountNumber`, ID_ALLOWED);
    return null;
  }
  return {
    accountNumber,
    accountType: typeOf(member, path, faults),
    accountRelation: readRelation(own(member, 'accountRelation'), path, faults),
    manualAccountRelation: optional(member, 'manualAccountRelation', path, TEXT, faults),
  };
}

/** Blank text is no type: the account is merged with the one that has its number. */
function typeOf(member: JsonObject, path: string, faults: FaultList): string | null {
  const type = optional(member, 'accountType', path, TEXT, faults);
  return type === null || type.trim() === '' ? null : type;
}

/** Text as sent, or a number as text. */
const TEXT = {
  read: (value: Json) =>
    typeof value === 'string'
      ? value
      : typeof value === 'number' && !isBeyondSafe(value)
        ? String(value)
        : null,
  allowed: 'is neither text nor a number',
};

/** A single value that is no list counts as a list of one. */
function readRelation(value: Json | undefined, path: string, faults: FaultList): readonly Json[] {
  if (value === undefined) return [];
  const members = Array.isArray(value) ? value : [value];
  return members.filter((member) => {
    if (member === null) return false;
    const kept = isWritable(member);
    if (!kept) faults.add(`${path}/accountRelation`, 'holds a number too large');
    return kept;
  });
}

/** Whether JSON can represent it: `1e400` is parsed as Infinity, which would be stored as null. */
function isWritable(value: Json): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isWritable);
}

/**
 * The first page of one account's transactions in one status; null, and left out, where account, status or count is
 * missing or unreadable. Its dates are null where unreadable.
 */
export function readPage(body: JsonObject, faults: FaultList): ReportedPage | null {
  const claimed = own(body, 'accountId');
  if (isBeyondSafe(claimed)) throw unreadableId('/accountId', claimed);
  const accountId = readId(claimed);
  const transactionStatus = readId(own(body, 'transactionStatus'));
  const transactionsCount = readCount(own(body, 'transactionsCount'));
  if (accountId === null) faults.add('/accountId', ID_ALLOWED);
  if (transactionStatus === null)
    faults.add('/transactionStatus', 'is missing or is neither text nor a number');
  if (transactionsCount === null) {
    faults.add('/transactionsCount', 'is missing or is not a whole number from 0 to 2^31-1');
  }
  const dates = {
    // The aggregator's sample has earliestAccountDate next to latestAccountingDate: both spellings are accepted.
    earliestAccountingDate:
      dateAt(body, 'earliestAccountDate', faults) ?? dateAt(body, 'earliestAccountingDate', faults),
    latestAccountingDate: dateAt(body, 'latestAccountingDate', faults),
    earliestEffectiveDate: dateAt(body, 'earliestEffectiveDate', faults),
    latestEffectiveDate: dateAt(body, 'latestEffectiveDate', faults),
  };
  if (accountId === null || transactionStatus === null || transactionsCount === null) return null;
  return { accountId, transactionStatus, transactionsCount, ...dates };
}

function dateAt(body: JsonObject, name: string, faults: FaultList): Day | null {
  const value = own(body, name);
  if (value === undefined || value === '') return null;
  const day = readDay(value);
  if (day === undefined) faults.add(`/${name}`, 'is not a day; text that begins YYYY-MM-DD is allowed');
  return day ?? null;
}
