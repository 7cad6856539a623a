import type { CallbackKind, PaymentStatus, ProgressUnit, StageName, StageStatus } from '../words.ts';

/** Any value JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A type and value by which others identify a bank or a payment's user; a BIC is type `1` or `swiftBicCode`. */
export interface SecondaryIdentifier {
  readonly type: string;
  readonly value: string;
}

/** The bank as one callback names it. `bankId` is always text, also where it was sent as a number. */
export interface ReportedBank {
  readonly bankId: string;
  readonly secondaryIdentifiers: readonly SecondaryIdentifier[];
}

/** `done` of `total` items; never above it. `unit` is null where the aggregator did not say what it counts. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: ProgressUnit | null;
}

/** One account as a callback reports it. The number need not be an IBAN. */
export interface ReportedAccount {
  readonly accountNumber: string;
  readonly accountType: string | null;
  readonly accountRelation: readonly Json[];
  readonly manualAccountRelation: string | null;
}

/** A day without a time, `YYYY-MM-DD`, of the years 0001 to 9999: so days can be compared as text. */
export type Day = string;

/** The first page of one account's transactions in one status; (accountId, transactionStatus) is its identity. */
export interface ReportedPage {
  readonly accountId: string;
  readonly transactionStatus: string;
  readonly transactionsCount: number;
  readonly earliestAccountingDate: Day | null;
  readonly latestAccountingDate: Day | null;
  readonly earliestEffectiveDate: Day | null;
  readonly latestEffectiveDate: Day | null;
}

/** A callback about a session, of any of its three shapes. */
export interface SessionCallback {
  readonly kind: Exclude<CallbackKind, 'PAYMENT'>;
  readonly sessionId: string;
  readonly externalId: string | null;
  readonly userId: string;
  readonly bank: ReportedBank;
  readonly isSca: boolean | null;
  readonly stage: StageName;
  readonly status: StageStatus;
  readonly progress: Progress | null;
  /** Empty unless kind is ACCOUNTS. */
  readonly accounts: readonly ReportedAccount[];
  /** Null unless kind is TRANSACTION_PAGE and the page could be read. */
  readonly page: ReportedPage | null;
}

/** A callback about a payment. */
export interface PaymentCallback {
  readonly kind: 'PAYMENT';
  readonly paymentId: string;
  readonly externalId: string | null;
  readonly status: PaymentStatus;
  readonly bank: ReportedBank;
  readonly user: PaymentUser;
}

/** Who ordered a payment, as the party that started it names them. */
export interface PaymentUser {
  readonly externalId: string | null;
  readonly secondaryIdentifiers: readonly SecondaryIdentifier[];
}

export type Callback = SessionCallback | PaymentCallback;

/** What a body claims, unchecked: by it, a quarantined callback's session is found. Null where nothing is readable. */
export interface ReportedSubject {
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly sessionExternalId: string | null;
  readonly paymentId: string | null;
  readonly paymentExternalId: string | null;
  readonly bankId: string | null;
  readonly stage: string | null;
  readonly status: string | null;
}

/**
 * Why a callback cannot be applied, or which field could not be read: a sentence that begins with the field, and a JSON
 * Pointer to it. Neither repeats an id, an account number or any other personal data.
 */
export interface Fault {
  readonly reason: string;
  /** JSON Pointer (RFC 6901); the empty string is the whole body. */
  readonly path: string;
}

/** JSON Pointers to the fields that rules outside of the parser may find faults in, as far as the shape has them. */
export interface RuledPaths {
  readonly owner: string;
  readonly accounts?: string;
  readonly page?: string;
}

/** The faults and unknown fields of a body. */
export interface Findings {
  /** Fields that were unreadable and left out of an applied callback; empty where the callback is quarantined. */
  readonly faults: readonly Fault[];
  /** JSON Pointers of unknown fields; a name shared by several members of a list is listed once. */
  readonly unknownFields: readonly string[];
}

/** The result of parsing a body. `digest` is the hex SHA-256 of the canonical JSON, or of the bytes where quarantined. */
export type Parsed = Findings &
  (
    | {
        readonly ok: true;
        readonly callback: Callback;
        readonly paths: RuledPaths;
        readonly digest: string;
      }
    | {
        readonly ok: false;
        readonly fault: Fault;
        readonly kind: CallbackKind | null;
        readonly reported: ReportedSubject;
        readonly digest: string;
      }
  );
