import { and, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { CallbackFilter, InstantRange, PaymentFilter, SessionFilter } from '../domain/filters.ts';
import type { Instant } from '../domain/session.ts';
import { callbacks, payments, sessions } from './schema.ts';
import { isStorable } from './storable.ts';

/**
 * One restriction of a list. Its text is made only when a statement of its shape is prepared for the first time;
 * `shape` names the text, and `values` are bound anew each time.
 */
export interface Condition {
  readonly shape: string;
  readonly text: () => SQL;
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

/** What admits nothing: an empty list, or a text that no row can hold. */
export const NOTHING: Condition = { shape: 'never', text: () => sql`false`, values: {} };

/** The conditions of domain/filters.ts in SQL: `admitsSession` holds exactly where these do. */
export function sessionConditions(filter: SessionFilter): Condition[] {
  return [
    ...equals('userId', sessions.userId, filter.userId),
    ...equals('bankId', sessions.bankId, filter.bankId),
    ...equals('externalId', sessions.externalId, filter.externalId),
    ...isOneOf('stage', sessions.stage, 'stage_name', filter.stage),
    ...isOneOf('status', sessions.status, 'stage_status', filter.status),
    ...isOneOf('outcome', sessions.outcome, 'session_outcome', filter.outcome),
    ...isOneOf('nextAction', sessions.nextAction, 'next_action', filter.nextAction),
    ...isBoolean('conflict', sessions.conflict, filter.conflict),
    ...isWithin('createdAt', sessions.createdAt, filter.createdAt),
    ...isWithin('updatedAt', sessions.updatedAt, filter.updatedAt),
  ];
}

/** The same of payments: `admitsPayment` holds exactly where these do. */
export function paymentConditions(filter: PaymentFilter): Condition[] {
  return [
    ...equals('userExternalId', payments.userExternalId, filter.userExternalId),
    ...equals('bankId', payments.bankId, filter.bankId),
    ...equals('externalId', payments.externalId, filter.externalId),
    ...isOneOf('status', payments.status, 'payment_status', filter.status),
    ...isBoolean('isFinal', payments.isFinal, filter.isFinal),
    ...isBoolean('conflict', payments.conflict, filter.conflict),
    ...isWithin('createdAt', payments.createdAt, filter.createdAt),
    ...isWithin('updatedAt', payments.updatedAt, filter.updatedAt),
  ];
}

/** The same of the journal: `admitsCallback` holds exactly where these do. */
export function callbackConditions(filter: CallbackFilter): Condition[] {
  return [
    ...isOneOf('outcome', callbacks.outcome, 'callback_outcome', filter.outcome),
    ...isOneOf('kind', callbacks.kind, 'callback_kind', filter.kind),
    ...equals('sessionId', callbacks.sessionId, filter.sessionId),
    ...equals('paymentId', callbacks.paymentId, filter.paymentId),
    ...equals('bankId', callbacks.bankId, filter.bankId),
    ...isRepeated(filter.repeated),
    ...isWithin('receivedAt', callbacks.receivedAt, filter.receivedAt),
  ];
}

/** The column holds this text. Where null is wanted, nothing is restricted. */
export function equals(name: string, column: PgColumn, wanted: string | null | undefined): Condition[] {
  if (wanted == null) return [];
  if (!isStorable(wanted)) return [NOTHING];
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

function isOneOf(
  name: string,
  column: PgColumn,
  type: string,
  wanted: readonly string[] | null | undefined,
): Condition[] {
  if (wanted == null) return [];
  const [only, ...others] = wanted;
  if (only === undefined) return [NOTHING];
  // One value is the common case, and an equality can use an index that also gives the order; a list cannot.
  if (others.length === 0) {
    return [
      {
        shape: `${name}:1`,
        text: () => sql`${column} = (${sql.placeholder(name)}::text)::${sql.raw(type)}`,
        values: { [name]: only },
      },
    ];
  }
  return [
    {
      shape: `${name}:n`,
      text: () => sql`${column} = any((${sql.placeholder(name)}::text)::${sql.raw(type)}[])`,
      values: { [name]: `{${wanted.join(',')}}` },
    },
  ];
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
  return [
    ...bound(`${name}From`, range?.from, (at) => sql`${column} >= ${at}`),
    ...bound(`${name}Before`, range?.before, (at) => sql`${column} < ${at}`),
  ];
}

function bound(name: string, at: Instant | null | undefined, text: (at: SQL) => SQL): Condition[] {
  return at == null
    ? []
    : [{ shape: name, text: () => text(instantAt(name)), values: { [name]: instantText(at) } }];
}
