import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  json,
  jsonb,
  pgEnum,
  pgTable,
  smallint,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Fault, PaymentUser, SecondaryIdentifier } from '../domain/journal/callback.ts';
import type { Account, Instant, TransactionPage } from '../domain/session/session.ts';
import {
  CALLBACK_KINDS,
  CALLBACK_OUTCOMES,
  NEXT_ACTIONS,
  PAYMENT_STATUSES,
  SESSION_OUTCOMES,
  STAGE_NAMES,
  STAGE_STATUSES,
} from '../domain/words.ts';
import type { StoredStages } from './tables/stored-stages.ts';

export const stageName = pgEnum('stage_name', STAGE_NAMES);
export const stageStatus = pgEnum('stage_status', STAGE_STATUSES);
export const paymentStatus = pgEnum('payment_status', PAYMENT_STATUSES);
export const sessionOutcome = pgEnum('session_outcome', SESSION_OUTCOMES);
export const nextAction = pgEnum('next_action', NEXT_ACTIONS);
export const callbackKind = pgEnum('callback_kind', CALLBACK_KINDS);
export const callbackOutcome = pgEnum('callback_outcome', CALLBACK_OUTCOMES);

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' });

/**
 * An instant, in milliseconds since 1970 UTC. No finer: list cursors are made of instants, and JavaScript's dates hold
 * milliseconds (with microseconds, paging would skip rows).
 */
const instant = customType<{ data: Instant; driverData: string }>({
  dataType: () => 'timestamp(3) with time zone',
  toDriver: (at) => new Date(at).toISOString(),
  fromDriver: (text) => Date.parse(text),
});

/** A position in the journal's total order. Far below 2^53, so a JavaScript number holds it exactly. */
const position = (name: string) => bigint(name, { mode: 'number' });

/**
 * The one row that describes this store. Only the transaction that holds the writer's lock writes it, so `position` is
 * always the position of the last committed journal row. The only gaps below it are rows that `forget` and retention
 * deleted, all of them at or below `lowest`.
 */
export const store = pgTable('store', {
  /** Always 1. */
  id: smallint().primaryKey(),
  /** Eight random hex digits, drawn once: they distinguish a cursor of another store from one of this store. */
  identity: text().notNull(),
  position: position('position').notNull(),
  /** Of the row at `position`, even where that was deleted; random while the journal is empty. */
  fingerprint: text().notNull(),
  /**
   * The highest position ever deleted, or the position at the last recomputation: the journal can no longer serve a
   * cursor below it.
   */
  lowest: position('lowest').notNull(),
  /** The fingerprint that a cursor at `lowest` must have. */
  lowestFingerprint: text('lowest_fingerprint').notNull(),
  /** How often states were computed again, other than by a new row of the journal. */
  recomputations: integer().notNull().default(0),
  /** EXPECTED_STAGES of the instance started last, comma-separated: every batch is folded with it. Empty: the default. */
  expectedStages: text('expected_stages').notNull(),
  /** While outcomes are recomputed for them: the last session id that is done. Null: all are. */
  recomputedTo: text('recomputed_to'),
  /** The edition of the rules that the stored states were computed with (RULES_EDITION). */
  rulesEdition: integer('rules_edition').notNull().default(1),
  /** The newest minor version of Callboard (`0.1`) that has opened this store: an older one refuses to start. */
  openedBy: text('opened_by').notNull(),
});

/**
 * The journal: one row for each distinct callback, never changed except for `deliveries`, `lastDeliveredAt` and
 * `replayedAt`. Everything else in the store is a pure fold of it in the order of `position`. Positions are assigned
 * under the writer's lock, so they have no gaps and rise in the order of commits.
 */
export const callbacks = pgTable(
  'callbacks',
  {
    position: position('position').primaryKey(),
    /** Null where the shape is unknown. */
    kind: callbackKind(),
    outcome: callbackOutcome().notNull(),
    /** What is wrong and where (JSON Pointer): set exactly where outcome is QUARANTINED. */
    reason: text(),
    path: text(),
    /**
     * The fields that could not be read and were left out, and the unknown fields. Null where there are none, so that
     * the usual row takes no space, and in rows of version 0.1: both are then read from the body.
     */
    faults: jsonb().$type<readonly Fault[]>(),
    unknownFields: jsonb('unknown_fields').$type<readonly string[]>(),
    /** What the body claims; verified only where outcome is not QUARANTINED. */
    sessionId: text('session_id'),
    paymentId: text('payment_id'),
    /** Null in rows of version 0.1 too: those are searched by the other two ids. */
    externalId: text('external_id'),
    bankId: text('bank_id'),
    /** The stage; null for payments and where unreadable. */
    stage: stageName(),
    /** The stage's or the payment's status, as its GraphQL enum spells it; null where unreadable. */
    status: text(),
    /** The run of the stage that this row belongs to; 0 where quarantined. Decided once, on receipt. */
    attempt: integer().notNull(),
    /** Whether it confirms its attempt, which was only suspected, so that it is shown. Decided once, on receipt. */
    confirms: boolean().notNull().default(false),
    /** Whether it resets every later stage to unobserved. Decided once, on receipt. */
    putsBack: boolean('puts_back').notNull().default(false),
    /** Hex SHA-256 of the canonical JSON, or of the bytes where quarantined. It covers subject and stage. */
    digest: text().notNull(),
    /** Of this row and all before it (domain/journal/fingerprint.ts); at this position, another history has another. */
    fingerprint: text().notNull(),
    /** The `webhook-id` header, only where its signature was verified. */
    webhookId: text('webhook_id'),
    receivedAt: instant('received_at').notNull(),
    deliveries: integer().notNull(),
    lastDeliveredAt: instant('last_delivered_at').notNull(),
    /** Field paths this row changed, e.g. `stages.ACCOUNTS.status`. */
    changed: jsonb().$type<readonly string[]>().notNull(),
    /** The version it gave its session or payment; null where quarantined, and in rows of 0.1 that changed nothing. */
    version: integer(),
    /** The position of the quarantined row that a replay applied as this row. */
    replayOf: position('replay_of'),
    replayedAt: instant('replayed_at'),
    /** As received, byte for byte. */
    body: bytes().notNull(),
  },
  (table) => [
    // The journal's key: a delivery that has it already is a repeat.
    uniqueIndex('callbacks_key').on(table.digest, table.attempt),
    // A quarantined row is applied at most once.
    uniqueIndex('callbacks_replay_of').on(table.replayOf).where(sql`replay_of is not null`),
    // A verified webhook-id with the same body is a repeat in any attempt.
    index('callbacks_webhook_id').on(table.webhookId).where(sql`webhook_id is not null`),
    // Session.callbacks, a stage's facts, the fold of one session, CallbackFilter.sessionId and .search.
    index('callbacks_by_session')
      .on(table.sessionId.op('text_pattern_ops'), table.position)
      .where(sql`session_id is not null`),
    // A payment's history and fold, CallbackFilter.paymentId and .search.
    index('callbacks_by_payment')
      .on(table.paymentId.op('text_pattern_ops'), table.position)
      .where(sql`payment_id is not null`),
    // CallbackFilter.search.
    index('callbacks_by_external')
      .on(table.externalId.op('text_pattern_ops'))
      .where(sql`external_id is not null`),
    // CallbackFilter.bankId.
    index('callbacks_bank').on(table.bankId, table.position),
    // CallbackFilter.outcome and the gauge of quarantined rows: the rare outcomes only.
    index('callbacks_outcome').on(table.outcome, table.position).where(sql`outcome <> 'RECORDED'`),
    // CallbackFilter.kind.
    index('callbacks_kind').on(table.kind, table.position),
    // CallbackFilter.repeated.
    index('callbacks_repeated').on(table.position).where(sql`deliveries > 1`),
    // Retention of quarantined rows: the due ones, instead of all.
    index('callbacks_quarantined').on(table.lastDeliveredAt).where(sql`outcome = 'QUARANTINED'`),
    // CallbackFilter.receivedAt, and the outcomes that Query.overview counts without reading the rows.
    index('callbacks_received_outcome').on(table.receivedAt, table.outcome),
  ],
);

/** Columns of every state: its version, the position of its last row, and when its first and last row were received. */
const stateColumns = () => ({
  version: integer().notNull(),
  position: position('position').notNull(),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
});

/**
 * The newest state of each session: a cache of the fold, one row a session, read and written with one statement.
 * It exists from the session's first applied callback until `forget` or retention deletes it.
 */
export const sessions = pgTable(
  'sessions',
  {
    sessionId: text('session_id').primaryKey(),
    externalId: text('external_id'),
    userId: text('user_id').notNull(),
    bankId: text('bank_id').notNull(),
    isSca: boolean('is_sca'),
    /** The current stage and its shown status: derived from `stages`, kept for filters. */
    stage: stageName().notNull(),
    status: stageStatus().notNull(),
    /** Derived from `stages` and the store's `expectedStages`, kept for filters. */
    outcome: sessionOutcome().notNull(),
    nextAction: nextAction('next_action').notNull(),
    /** The stage that decides an outcome other than PENDING and SUCCEEDED: derived with `outcome`, kept for filters. */
    failedStage: stageName('failed_stage'),
    conflict: boolean().notNull(),
    // json, because no statement looks into them: to make jsonb of each callback's stages took as long as all the rest of
    // what PostgreSQL does for a callback (docs/decisions/0057).
    stages: json().$type<StoredStages>().notNull(),
    accounts: json().$type<readonly Account[]>().notNull(),
    transactionPages: json('transaction_pages').$type<readonly TransactionPage[]>().notNull(),
    ...stateColumns(),
    lastFactAt: instant('heard_at').notNull(),
  },
  (table) => [
    // sessions, default order; and each filter in that order.
    index('sessions_created').on(table.createdAt, table.sessionId),
    index('sessions_user').on(table.userId, table.createdAt, table.sessionId),
    index('sessions_bank').on(table.bankId, table.createdAt, table.sessionId),
    // SessionFilter.search, by session id: the primary key serves prefixes only where the database's collation is C.
    index('sessions_by_prefix').on(table.sessionId.op('text_pattern_ops')),
    // Look-up by externalId: the session created last. SessionFilter.search.
    index('sessions_by_external')
      .on(table.externalId.op('text_pattern_ops'), table.createdAt, table.sessionId)
      .where(sql`external_id is not null`),
    index('sessions_outcome').on(table.outcome, table.createdAt, table.sessionId),
    index('sessions_next_action').on(table.nextAction, table.createdAt, table.sessionId),
    index('sessions_failed_stage')
      .on(table.failedStage, table.createdAt, table.sessionId)
      .where(sql`failed_stage is not null`),
    index('sessions_conflict').on(table.createdAt, table.sessionId).where(sql`conflict = true`),
    index('sessions_stage').on(table.stage, table.status, table.createdAt, table.sessionId),
    // SessionFilter.stalled, and what stalls next. A session that has ended is not in it.
    index('sessions_pending').on(table.lastFactAt, table.sessionId).where(sql`outcome = 'PENDING'`),
    // sessions ordered by UPDATED_AT; what Query.overview and Bank.health count.
    index('sessions_updated').on(table.updatedAt, table.sessionId),
    // Resuming a subscription: what changed since a cursor, in the order of its last change.
    index('sessions_position').on(table.position),
  ],
);

/** The newest state of each payment: a cache of the fold, as `sessions` is. */
export const payments = pgTable(
  'payments',
  {
    paymentId: text('payment_id').primaryKey(),
    externalId: text('external_id'),
    /** `user.externalId`, kept for ownership and filters. */
    userExternalId: text('user_external_id'),
    user: jsonb().$type<PaymentUser>().notNull(),
    bankId: text('bank_id').notNull(),
    status: paymentStatus().notNull(),
    isFinal: boolean('is_final').notNull(),
    conflict: boolean().notNull(),
    facts: jsonb().$type<readonly (typeof PAYMENT_STATUSES)[number][]>().notNull(),
    terminalAt: instant('terminal_at'),
    ...stateColumns(),
  },
  (table) => [
    index('payments_created').on(table.createdAt, table.paymentId),
    index('payments_user').on(table.userExternalId, table.createdAt, table.paymentId),
    index('payments_bank').on(table.bankId, table.createdAt, table.paymentId),
    // PaymentFilter.search, as of sessions.
    index('payments_by_prefix').on(table.paymentId.op('text_pattern_ops')),
    index('payments_by_external')
      .on(table.externalId.op('text_pattern_ops'), table.createdAt, table.paymentId)
      .where(sql`external_id is not null`),
    index('payments_status').on(table.status, table.createdAt, table.paymentId),
    index('payments_final').on(table.isFinal, table.createdAt, table.paymentId),
    index('payments_conflict').on(table.createdAt, table.paymentId).where(sql`conflict = true`),
    index('payments_updated').on(table.updatedAt, table.paymentId),
    index('payments_position').on(table.position),
  ],
);

/** Banks as callbacks named them: every identifier that was reported, in the order of position. */
export const banks = pgTable('banks', {
  bankId: text('bank_id').primaryKey(),
  secondaryIdentifiers: jsonb('secondary_identifiers').$type<readonly SecondaryIdentifier[]>().notNull(),
});
