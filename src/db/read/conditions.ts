import { and, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import {
  type Filter,
  type FilterFields,
  type InstantRange,
  type Restriction,
  restrictionsByName,
} from '../../domain/filter.ts';
import { isStorableId, isStorableText, MAX_ID_LENGTH } from '../../domain/ids.ts';
import type { Instant } from '../../domain/session/session.ts';
import { unreachable } from '../../errors.ts';
import { sessions } from '../schema.ts';

/** Where a statement finds the value of this name, as text: a parameter of its own, or a column of what it is joined to. */
export type ValueAt = (name: string) => SQL;

/** As a parameter of this name. */
export const asParameter: ValueAt = (name) => sql`${sql.placeholder(name)}::text`;

/**
 * One condition on the rows of a list. Its SQL is made only when a statement of its shape is first prepared; `shape`
 * identifies the SQL, and `values` are bound at each execution.
 */
export interface Condition {
  readonly shape: string;
  readonly text: (valueAt: ValueAt) => SQL;
  readonly values: Readonly<Record<string, string | number | boolean>>;
  /** True where one value may match half of all rows and another none: one plan for all values would suit neither. */
  readonly skewed?: true;
  /** An index has the rows that meet it in the order of this column: a list in this order reads a part of that index. */
  readonly inOrderOf?: SQLWrapper;
  /** Set where it says that a column has a value, and an index begins with that column. */
  readonly lead?: Lead;
}

/** A column that an index begins with, and the value that all rows of a list have there. */
export interface Lead {
  readonly column: SQLWrapper;
  /** The value's name among the bound ones. */
  readonly name: string;
  /** The column after it in that index. */
  readonly next: SQLWrapper;
}

/** Matches nothing: for an empty list, or a text that no row can hold. */
export const NOTHING: Condition = { shape: 'never', text: () => sql`false`, values: {} };

/**
 * The column, or the expression, that each field of a filter is compared with. Of `stalled` the column of the last
 * fact, of `search` each column that may begin with the text.
 */
export type FilterColumns<Wanted> = {
  readonly [Name in keyof Wanted]: Name extends 'search' ? readonly SQLWrapper[] : SQLWrapper;
};

/**
 * A filter in SQL: these conditions hold exactly where `admitsAll` is true of the filter's restrictions.
 * @param of what its fields are compared with
 * @param listedBy what the table is listed by if nothing else is said
 * @param quietTo called where the filter asks for stalled sessions: see domain/session/silence.ts
 */
export function filterConditions<State, Wanted>(
  fields: FilterFields<State, Wanted>,
  { of, listedBy }: { readonly of: FilterColumns<Wanted>; readonly listedBy: SQLWrapper },
  filter: Filter<Wanted> | null,
  quietTo: () => Instant,
): Condition[] {
  return restrictionsByName(fields, filter).flatMap(([name, restriction]) =>
    conditionsOf(name, { columns: [of[name]].flat(), listedBy }, restriction, quietTo),
  );
}

/**
 * Columns of which one value may occur in half of all rows, and another in none. An index begins with each, and what the
 * table is listed by follows it there.
 */
const SKEWED_IDS: readonly string[] = ['bankId'];

function conditionsOf(
  name: string,
  { columns, listedBy }: { readonly columns: readonly SQLWrapper[]; readonly listedBy: SQLWrapper },
  demand: Restriction<never>,
  quietTo: () => Instant,
): Condition[] {
  const [column] = columns;
  if (column === undefined) throw new Error(`no column is compared with ${name}`);
  switch (demand.kind) {
    case 'stalled':
      return skewed([isStalled(name, column, demand.wanted, quietTo())]);
    case 'startsWith':
      return demand.wanted === '' ? [] : skewed([startsWith(name, columns, demand.wanted)]);
    case 'equals': {
      const condition = equals(name, column, demand.wanted);
      if (condition === NOTHING || !SKEWED_IDS.includes(name)) return [condition];
      return [{ ...condition, skewed: true, lead: { column, name, next: listedBy } }];
    }
    case 'oneOf':
      return [isOneOf(name, column, demand.wanted)];
    case 'is':
      return [isBoolean(name, column, demand.wanted)];
    case 'within':
      return skewed(isWithin(name, column, demand.wanted)).map((bound) => ({ ...bound, inOrderOf: column }));
    default:
      return unreachable(demand);
  }
}

/** The column holds this text. */
export function equals(name: string, column: SQLWrapper, wanted: string): Condition {
  if (!isStorableId(wanted)) return NOTHING;
  return {
    shape: name,
    text: (valueAt) => sql`${column} = ${valueAt(name)}`,
    values: { [name]: wanted },
  };
}

/**
 * The same as `equals`, written as a range: so the planner does not know that the rows have one value, and reads the index
 * that begins with the column where a list is ordered by the column first.
 */
export const leads = ({ column, name }: Lead, { values }: Condition): Condition => ({
  shape: `led by ${name}`,
  text: (valueAt) => sql`${column} >= ${valueAt(name)} and ${column} <= ${valueAt(name)}`,
  values,
});

/** All conditions in one, or undefined where there are none. */
export function allOf(conditions: readonly Condition[], valueAt: ValueAt = asParameter): SQL | undefined {
  return and(...conditions.map(({ text }) => text(valueAt)));
}

/** An instant as a bound value, clamped to the range of PostgreSQL and of four-digit years. */
export function instantText(at: Instant): string {
  return new Date(Math.min(Math.max(at, FIRST_INSTANT), LAST_INSTANT)).toISOString();
}

const FIRST_INSTANT = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

/** An instant's value, bound as text, because drivers encode a Date differently. */
export const instantAt = (name: string, valueAt: ValueAt = asParameter): SQL =>
  sql`(${valueAt(name)})::timestamptz`;

/**
 * The words are written into the SQL, not bound: so the planner knows how rare each is, and can prove that a partial
 * index applies. They are members of closed sets, so there are few texts; any other value matches nothing.
 */
function isOneOf(name: string, column: SQLWrapper, wanted: readonly string[]): Condition {
  const words = [...new Set(wanted)].filter((word) => WORD.test(word)).sort();
  if (words.length === 0) return NOTHING;
  const list = sql.raw(words.map((word) => `'${word}'`).join(', '));
  return { shape: `${name}:${words.join(',')}`, text: () => sql`${column} in (${list})`, values: {} };
}

const WORD = /^[A-Z_]+$/;

function skewed(conditions: readonly Condition[]): Condition[] {
  return conditions.map((condition) => ({ ...condition, skewed: true }));
}

/** Written into the SQL as well, so that the planner can prove that a partial index applies. */
function isBoolean(name: string, column: SQLWrapper, wanted: boolean): Condition {
  return { shape: `${name}:${wanted}`, text: () => sql`${column} = ${sql.raw(String(wanted))}`, values: {} };
}

/** Written as the index of pending sessions is, so that the planner can prove that it applies. */
function isStalled(name: string, lastFactAt: SQLWrapper, wanted: boolean, quietTo: Instant): Condition {
  const { outcome } = sessions;
  return {
    shape: `${name}:${wanted}`,
    text(valueAt) {
      const at = instantAt('quietTo', valueAt);
      return wanted
        ? sql`(${outcome} = 'PENDING' and ${lastFactAt} <= ${at})`
        : sql`(${outcome} <> 'PENDING' or ${lastFactAt} > ${at})`;
    },
    values: { quietTo: instantText(quietTo) },
  };
}

/** The longest text that an id can begin with is an id. Letter case counts, as in the ids themselves. */
function startsWith(name: string, columns: readonly SQLWrapper[], wanted: string): Condition {
  if (wanted.length > MAX_ID_LENGTH || !isStorableText(wanted)) return NOTHING;
  return {
    shape: name,
    text: (valueAt) => sql`(${or(...columns.map((column) => sql`${column} like ${valueAt(name)}`))})`,
    values: { [name]: `${wanted.replace(/[\\%_]/g, '\\$&')}%` },
  };
}

function isWithin(name: string, column: SQLWrapper, { from, before }: InstantRange): Condition[] {
  return [
    ...bound(`${name}From`, from, (at) => sql`${column} >= ${at}`),
    ...bound(`${name}Before`, before, (at) => sql`${column} < ${at}`),
  ];
}

function bound(name: string, at: Instant | null | undefined, text: (at: SQL) => SQL): Condition[] {
  return at == null
    ? []
    : [
        {
          shape: name,
          text: (valueAt) => text(instantAt(name, valueAt)),
          values: { [name]: instantText(at) },
        },
      ];
}
