import type { PaymentCallback, PaymentUser } from '../journal/callback.ts';
import { mergeIdentifiers } from '../merge.ts';
import type { Instant } from '../session/session.ts';
import { isTerminal, rank, shownStatus, terminalsOf, withFact } from '../status.ts';
import type { Payment, PaymentState } from './payment.ts';

/** A journal row about a payment, as the fold reads it. */
export interface PaymentJournalRow {
  readonly position: number;
  readonly receivedAt: Instant;
  /** The version it gave its payment, where it was recorded before: a recomputation may have raised the version. */
  readonly version?: number | null;
  /** The quarantined row that it replays, else null. A replayed row counts as old as its `receivedAt`. */
  readonly replayOf: number | null;
  readonly callback: PaymentCallback;
}

/** The effect of a row on a payment. */
export interface FoldedPayment {
  readonly state: PaymentState;
  /** Paths of the fields that visibly changed, e.g. `status`; empty where none did. */
  readonly changed: readonly string[];
  /** Whether the fact came after the payment had already gone further. */
  readonly late: boolean;
}

/** Applies one journal row to a payment: pure and total. There is no restart. Each row raises the version. */
export function foldPayment(before: PaymentState | null, row: PaymentJournalRow): FoldedPayment {
  const { callback, position, receivedAt, replayOf } = row;
  const held = before ?? newPayment(row);
  const isOlder = replayOf !== null && held.terminalAt !== null && receivedAt < held.terminalAt;
  const merged: PaymentState = {
    ...held,
    externalId: held.externalId ?? callback.externalId,
    user: mergeUser(held.user, callback.user),
    facts: withFact(held.facts, callback.status, isOlder),
  };
  const changed = before === null ? ['status'] : changedPaths(held, merged);
  const isNewEnd =
    isTerminal(callback.status) && (before === null || shownStatus(merged.facts) !== shownStatus(held.facts));
  const state = {
    ...merged,
    terminalAt: isNewEnd ? receivedAt : held.terminalAt,
    version: Math.max(held.version + 1, row.version ?? 0),
    position,
    updatedAt: Math.max(held.updatedAt, receivedAt),
  };
  return { state, changed, late: rank(callback.status) < rank(shownStatus(merged.facts)) };
}

/** The payment as it is stored and shown. */
export function derivePayment(state: PaymentState): Payment {
  const status = shownStatus(state.facts);
  return { ...state, status, isFinal: isTerminal(status), conflict: terminalsOf(state.facts).length > 1 };
}

function newPayment({ callback, position, receivedAt }: PaymentJournalRow): PaymentState {
  return {
    paymentId: callback.paymentId,
    externalId: null,
    bankId: callback.bank.bankId,
    user: callback.user,
    facts: [callback.status],
    terminalAt: null,
    version: 0,
    position,
    createdAt: receivedAt,
    updatedAt: receivedAt,
  };
}

function mergeUser(held: PaymentUser, reported: PaymentUser): PaymentUser {
  const externalId = held.externalId ?? reported.externalId;
  const secondaryIdentifiers = mergeIdentifiers(held.secondaryIdentifiers, reported.secondaryIdentifiers);
  const same = externalId === held.externalId && secondaryIdentifiers === held.secondaryIdentifiers;
  return same ? held : { externalId, secondaryIdentifiers };
}

function changedPaths(before: PaymentState, after: PaymentState): string[] {
  const changed: string[] = [];
  if (before.externalId !== after.externalId) changed.push('externalId');
  if (before.user !== after.user) changed.push('user');
  if (shownStatus(before.facts) !== shownStatus(after.facts)) changed.push('status');
  if (terminalsOf(before.facts).length > 1 !== terminalsOf(after.facts).length > 1) changed.push('conflict');
  return changed;
}
