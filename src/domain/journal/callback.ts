import type { CallbackKind, PaymentStatus, ProgressUnit, StageName, StageStatus } from '../words.ts';

/** Any value JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A type and value by which a bank or a payment's user is known elsewhere; a BIC is type `1` or `swiftBicCode`. */
export interface SecondaryIdentifier {
  readonly type: string;
  readonly value: string;
}

/** The bank as one callback names it. `bankId` is always text, whether the wire held text or a number. */
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

/** A day without a time, `YYYY-MM-DD`, of the years 0001 to 9999: two compare as their texts do. */
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

/** Who ordered a payment, in the words of the party that started it. */
export interface PaymentUser {
  readonly externalId: string | null;
  readonly secondaryIdentifiers: readonly SecondaryIdentifier[];
}

export type Callback = SessionCallback | PaymentCallback;

/** What a body claims, unjudged: it finds a quarantined callback's session. Null where nothing readable stands. */
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
 * Why a callback cannot be applied, or what of it could not be read: a sentence that begins with the field, and a JSON
 * Pointer to it. Neither repeats an id, an account number or any other value of a person.
 */
export interface Fault {
  readonly reason: string;
  /** JSON Pointer (RFC 6901); the empty string is the whole body. */
  readonly path: string;
}

/** Where in a body stands what only the rules find fault with: JSON Pointers, of what its shape may have. */
export interface RuledPaths {
  readonly owner: string;
  readonly accounts?: string;
  readonly page?: string;
}

/** What reading a body found besides its meaning. */
export interface Findings {
  /** What could not be read and was left out, the rest being applied; empty where the callback is quarantined. */
  readonly faults: readonly Fault[];
  /** JSON Pointers of fields that this version does not know; a name that many members of a list have stands once. */
  readonly unknownFields: readonly string[];
}

/** What parsing makes of a body. `digest` is the hex SHA-256 of the canonical JSON, or of the bytes where quarantined. */
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
