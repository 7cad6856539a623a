import { mergeIdentifiers } from '../merge.ts';
import { derivePayment, foldPayment } from '../payment/fold.ts';
import type { Payment } from '../payment/payment.ts';
import type { Placement } from '../session/attempt.ts';
import { foldSession, type LeftOut } from '../session/fold.ts';
import { deriveSession } from '../session/outcome.ts';
import type { Instant, Session } from '../session/session.ts';
import type { StageName } from '../words.ts';
import type { Callback, PaymentCallback, SecondaryIdentifier, SessionCallback } from './callback.ts';
import type { PaymentChange, SessionChange } from './entry.ts';

/** A bank as the store keeps it. */
export interface StoredBank {
  readonly bankId: string;
  readonly secondaryIdentifiers: readonly SecondaryIdentifier[];
}

/** States of sessions, payments and banks: as read from the store, or to be written to it. */
export interface StateRows {
  readonly sessions: readonly Session[];
  readonly payments: readonly Payment[];
  readonly banks: readonly StoredBank[];
}

/** A row's position in the journal, and what was decided about it on receipt. */
export interface RowPlacement extends Placement {
  readonly position: number;
  readonly receivedAt: Instant;
  readonly replayOf: number | null;
  /** The version that the row gave its session or payment; absent while it is being recorded. */
  readonly version?: number | null;
}

/** The effect of a row on its session or payment. */
export interface Advance {
  readonly changed: readonly string[];
  readonly late: boolean;
  readonly change: SessionChange | PaymentChange;
  /** What it reported beyond the limits of a session's lists. */
  readonly leftOut: LeftOut;
}

/**
 * Applies the fold to many sessions and payments at once. Recording, catching up and rebuilding all use it, so that the
 * same rows give the same states and the same changes.
 */
export class States {
  readonly #expectedStages: readonly StageName[];
  readonly #sessions: Map<string, Session>;
  readonly #payments: Map<string, Payment>;
  readonly #banks: Map<string, StoredBank>;
  readonly #touched = { sessions: new Set<string>(), payments: new Set<string>(), banks: new Set<string>() };

  /** @param stored every session, payment and bank that will be advanced and has a state already. */
  constructor(stored: StateRows, expectedStages: readonly StageName[]) {
    this.#expectedStages = expectedStages;
    this.#sessions = new Map(stored.sessions.map((session) => [session.sessionId, session]));
    this.#payments = new Map(stored.payments.map((payment) => [payment.paymentId, payment]));
    this.#banks = new Map(stored.banks.map((bank) => [bank.bankId, bank]));
  }

  session(sessionId: string): Session | null {
    return this.#sessions.get(sessionId) ?? null;
  }

  /** Applies one row. Rows of one session or payment come in the order of position. */
  advance(callback: Callback, place: RowPlacement): Advance {
    this.#mergeBank(callback);
    return callback.kind === 'PAYMENT'
      ? this.#advancePayment(callback, place)
      : this.#advanceSession(callback, place);
  }

  /** All states that were advanced, as they are now. */
  touched(): StateRows {
    return {
      sessions: pick(this.#touched.sessions, this.#sessions),
      payments: pick(this.#touched.payments, this.#payments),
      banks: pick(this.#touched.banks, this.#banks),
    };
  }

  #advanceSession(callback: SessionCallback, place: RowPlacement): Advance {
    const { position, receivedAt, attempt, confirms, putsBack, replayOf, version } = place;
    const before = this.session(callback.sessionId);
    const row = { position, receivedAt, attempt, confirms, putsBack, replayOf, version, callback };
    const { state, changed, late, leftOut } = foldSession(before, row);
    const after = deriveSession(state, this.#expectedStages);
    this.#sessions.set(callback.sessionId, after);
    this.#touched.sessions.add(callback.sessionId);
    const kind = callback.kind === 'SESSION_STATUS' ? 'STATUS' : callback.kind;
    const change: SessionChange = {
      of: 'session',
      position,
      kind,
      stage: callback.stage,
      before,
      after,
      changedAt: receivedAt,
    };
    return { changed, late, change, leftOut };
  }

  #advancePayment(
    callback: PaymentCallback,
    { position, receivedAt, replayOf, version }: RowPlacement,
  ): Advance {
    const before = this.#payments.get(callback.paymentId) ?? null;
    const row = { position, receivedAt, replayOf, version, callback };
    const { state, changed, late } = foldPayment(before, row);
    const after = derivePayment(state);
    this.#payments.set(callback.paymentId, after);
    this.#touched.payments.add(callback.paymentId);
    return {
      changed,
      late,
      leftOut: NONE_LEFT_OUT,
      change: { of: 'payment', position, kind: 'STATUS', stage: null, before, after, changedAt: receivedAt },
    };
  }

  #mergeBank({ bank: { bankId, secondaryIdentifiers } }: Callback): void {
    const known = this.#banks.get(bankId);
    const merged = mergeIdentifiers(known?.secondaryIdentifiers ?? [], secondaryIdentifiers);
    if (known !== undefined && merged === known.secondaryIdentifiers) return;
    this.#banks.set(bankId, { bankId, secondaryIdentifiers: merged });
    this.#touched.banks.add(bankId);
  }
}

const NONE_LEFT_OUT: LeftOut = Object.freeze({ accounts: 0, transactionPages: 0 });

function pick<T>(ids: ReadonlySet<string>, from: ReadonlyMap<string, T>): T[] {
  const picked: T[] = [];
  for (const id of ids) {
    const item = from.get(id);
    if (item !== undefined) picked.push(item);
  }
  return picked;
}
