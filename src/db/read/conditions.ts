import { and, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { CallbackFilter, InstantRange, PaymentFilter, SessionFilter } from '../../domain/filters.ts';
import { isStorableId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/session/session.ts';
import { callbacks, payments, sessions } from '../schema.ts';

/**
 * One restriction of a list. Its text is made only when a statement of its shape is prepared for the first time;
 * `shape` names the text, and `values` are bound anew each time.
 */
export interface Condition {
  readonly shape: string;
  readonly text: () => SQL;
  readonly values: Readonly<Record<string, string | number | boolean>>;
  /** One value may admit half of all rows and another none: a plan made for all values at once would suit neither. */
  readonly skewed?: true;
}

/** What admits nothing: an empty list, or a text that no row can hold. */
export const NOTHING: Condition = { shape: 'never', text: () => sql`false`, values: {} };

/** The conditions of domain/filters.ts in SQL: `admitsSession` holds exactly where these do. */
export function sessionConditions(filter: SessionFilter): Condition[] {
  return [
    ...equals('userId', sessions.userId, filter.userId),
    ...skewed(equals('bankId', sessions.bankId, filter.bankId)),
    ...equals('externalId', sessions.externalId, filter.externalId),
    ...isOneOf('stage', sessions.stage, filter.stage),
    ...isOneOf('status', sessions.status, filter.status),
    ...isOneOf('outcome', sessions.outcome, filter.outcome),
    ...isOneOf('nextAction', sessions.nextAction, filter.nextAction),
    ...isOneOf('failedStage', sessions.failedStage, filter.failedStage),
    ...isBoolean('conflict', sessions.conflict, filter.conflict),
    ...isWithin('createdAt', sessions.createdAt, filter.createdAt),
    ...isWithin('updatedAt', sessions.updatedAt, filter.updatedAt),
  ];
}

/** The same of payments: `admitsPayment` holds exactly where these do. */
export function paymentConditions(filter: PaymentFilter): Condition[] {
  return [
    ...equals('userExternalId', payments.userExternalId, filter.userExternalId),
    ...skewed(equals('bankId', payments.bankId, filter.bankId)),
    ...equals('externalId', payments.externalId, filter.externalId),
    ...isOneOf('status', payments.status, filter.status),
    ...isBoolean('isFinal', payments.isFinal, filter.isFinal),
    ...isBoolean('conflict', payments.conflict, filter.conflict),
    ...isWithin('createdAt', payments.createdAt, filter.createdAt),
    ...isWithin('updatedAt', payments.updatedAt, filter.updatedAt),
  ];
}

/** The same of the journal: `admitsCallback` holds exactly where these do. */
export function callbackConditions(filter: CallbackFilter): Condition[] {
  return [
    ...isOneOf('outcome', callbacks.outcome, filter.outcome),
    ...isOneOf('kind', callbacks.kind, filter.kind),
    ...equals('sessionId', callbacks.sessionId, filter.sessionId),
    ...equals('paymentId', callbacks.paymentId, filter.paymentId),
    ...skewed(equals('bankId', callbacks.bankId, filter.bankId)),
    ...isRepeated(filter.repeated),
    ...isWithin('receivedAt', callbacks.receivedAt, filter.receivedAt),
  ];
}

/** The column holds this text. Where null is wanted, nothing is restricted. */
export function equals(name: string, column: PgColumn, wanted: string | null | undefined): Condition[] {
  if (wanted == null) return [];
  if (!isStorableId(wanted)) return [NOTHING];
  return [
    { shape: name, text: () => sql`${column} = ${sql.placeholder(name)}::text`, values: { [name]: wanted } },
  ];
}

/** All conditions in one, or undefined where there are none. */
export function allOf(conditions: readonly Condition[]): SQL | undefined {
  return and(...conditions.map(({ text }) => text()));
}

/** An instant as a bound value; beyond what PostgreSQL and four-digit years hold, the nearest that they do. */
export function instantText(at: Instant): string {
  return new Date(Math.min(Math.max(at, FIRST_INSTANT), LAST_INSTANT)).toISOString();
}

const FIRST_INSTANT = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** The place of an instant, bound as text: what a driver makes of a Date is then no matter. */
export const instantAt = (name: string): SQL => sql`(${sql.placeholder(name)}::text)::timestamptz`;

/**
 * The words stand in the text, not in the values: so the planner knows how rare each is, and can prove that a partial
 * index serves it. They are of closed sets, so there are few texts; what is no word is of none of them.
 */
function isOneOf(name: string, column: PgColumn, wanted: readonly string[] | null | undefined): Condition[] {
  if (wanted == null) return [];
  const words = [...new Set(wanted)].filter((word) => WORD.test(word)).sort();
  if (words.length === 0) return [NOTHING];
  const list = sql.raw(words.map((word) => `'${word}'`).join(', '));
  return [{ shape: `${name}:${words.join(',')}`, text: () => sql`${column} in (${list})`, values: {} }];
}

const WORD = /^[A-Z_]+$/;

function skewed(conditions: readonly Condition[]): Condition[] {
  return conditions.map((condition) => ({ ...condition, skewed: true }));
}

function isBoolean(name: string, column: PgColumn, wanted: boolean | null | undefined): Condition[] {
  if (wanted == null) return [];
  return [
    { shape: `${name}:${wanted}`, text: () => sql`${column} = ${sql.raw(String(wanted))}`, values: {} },
  ];
}

function isRepeated(wanted: boolean | null | undefined): Condition[] {
  if (wanted == null) return [];
  const text = wanted ? () => sql`${callbacks.deliveries} > 1` : () => sql`${callbacks.deliveries} <= 1`;
  return [{ shape: `repeated:${wanted}`, text, values: {} }];
}

function isWithin(name: string, column: PgColumn, range: InstantRange | null | undefined): Condition[] {
  return skewed([
    ...bound(`${name}From`, range?.from, (at) => sql`${column} >= ${at}`),
    ...bound(`${name}Before`, range?.before, (at) => sql`${column} < ${at}`),
  ]);
}

function bound(name: string, at: Instant | null | undefined, text: (at: SQL) => SQL): Condition[] {
  return at == null
    ? []
    : [{ shape: name, text: () => text(instantAt(name)), values: { [name]: instantText(at) } }];
}
