import type { CallbackKind } from '../../domain/words.ts';
import { isObject, type JsonObject, own } from './fields.ts';

const PAYMENT_MARKS = ['paymentId', 'paymentStatus', 'paymentExternalId'] as const;
const SESSION_MARKS = ['sessionId', 'stage', 'status', 'sessionExternalId', 'userId'] as const;
const PAGE_MARKS = [
  'accountId',
  'transactionStatus',
  'transactionsCount',
  'earliestAccountDate',
  'earliestAccountingDate',
  'latestAccountingDate',
  'earliestEffectiveDate',
  'latestEffectiveDate',
] as const;

/**
 * Which of the four shapes of docs/callbacks.md a body has, decided by its fields alone (null counts as absent). A list
 * of accounts or a page decides the shape by itself, whatever else is missing: the fault then names the missing field
 * and not the shape.
 */
export function shapeOf(body: JsonObject): CallbackKind | 'UNKNOWN' | 'TWO' {
  const isPage = hasAny(body, PAGE_MARKS);
  const details = own(body, 'details');
  const hasAccounts = isObject(details) && Array.isArray(own(details, 'accounts'));
  if (hasAny(body, PAYMENT_MARKS)) {
    return isPage || hasAccounts || hasAny(body, SESSION_MARKS) ? 'TWO' : 'PAYMENT';
  }
  if (isPage) return hasAccounts ? 'TWO' : 'TRANSACTION_PAGE';
  if (hasAccounts) return 'ACCOUNTS';
  return hasAny(body, SESSION_MARKS) ? 'SESSION_STATUS' : 'UNKNOWN';
}

function hasAny(body: JsonObject, marks: readonly string[]): boolean {
  return marks.some((mark) => own(body, mark) !== undefined);
}
