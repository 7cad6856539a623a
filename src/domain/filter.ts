import type { Instant } from './session/session.ts';
import type { Word, WordSet } from './words.ts';

/** From inclusive, before exclusive; an end that is null or absent is open. */
export interface InstantRange {
  readonly from?: Instant | null | undefined;
  readonly before?: Instant | null | undefined;
}

/** What one field of a filter requires, as data for SQL (db/read/conditions.ts). */
type Demand =
  | { readonly kind: 'equals'; readonly wanted: string }
  | { readonly kind: 'oneOf'; readonly wanted: readonly string[] }
  | { readonly kind: 'is'; readonly wanted: boolean }
  | { readonly kind: 'stalled'; readonly wanted: boolean }
  | { readonly kind: 'startsWith'; readonly wanted: string }
  | { readonly kind: 'within'; readonly wanted: InstantRange };

/** The same with its predicate in memory. A test compares the two. */
export type Restriction<State> = Demand & {
  /** Whether the answer never changes for one state, except that an id may be set once, from null. */
  readonly isLasting: boolean;
  /** @param quietTo see domain/session/silence.ts: only the restriction to stalled sessions depends on it */
  admits(state: State, quietTo: Instant): boolean;
};

/** One field of a filter: declared once, used for SQL, for subscriptions in memory and for the GraphQL input. */
export interface FilterField<State, Wanted> {
  /** The GraphQL type; for a closed set, a list of its enum. */
  readonly input: 'ID' | 'String' | 'Boolean' | 'DateTimeRange' | WordSet;
  readonly description: string;
  restrict(wanted: Wanted): Restriction<State>;
}

/** The fields of one filter, in the order of the GraphQL input. */
export type FilterFields<State, Wanted> = {
  readonly [Name in keyof Wanted]: FilterField<State, Wanted[Name]>;
};

/** What a client sends: fields are combined by AND; null or absent does not restrict. */
export type Filter<Wanted> = { readonly [Name in keyof Wanted]?: Wanted[Name] | null | undefined };

/** The filter's type, from its table of fields. */
export type FilterOf<Fields> = Filter<{
  [Name in keyof Fields]: Fields[Name] extends FilterField<infer _State, infer Wanted> ? Wanted : never;
}>;

/** The kinds of fields that a filter of these states can have. `of` reads the field's value. */
export function filterFields<State>() {
  return {
    /** The same id. */
    id: (description: string, of: (state: State) => string | null): FilterField<State, string> => ({
      input: 'ID',
      description,
      restrict: (wanted) => ({ kind: 'equals', wanted, isLasting: true, admits: isSame(wanted, of) }),
    }),
    /** One of these words; an empty list matches nothing, and null is none of them. */
    words: <Set extends WordSet>(
      input: Set,
      description: string,
      of: (state: State) => Word<Set> | null,
    ): FilterField<State, readonly Word<Set>[]> => ({
      input,
      description,
      restrict: (wanted) => ({
        kind: 'oneOf',
        wanted,
        isLasting: false,
        admits(state) {
          const word = of(state);
          return word !== null && wanted.includes(word);
        },
      }),
    }),
    flag: (description: string, of: (state: State) => boolean): FilterField<State, boolean> => ({
      input: 'Boolean',
      description,
      restrict: (wanted) => ({ kind: 'is', wanted, isLasting: false, admits: isSame(wanted, of) }),
    }),
    /** Whether it has stalled by now: the one field that changes without a new state. */
    stalled: (
      description: string,
      isQuiet: (state: State, quietTo: Instant) => boolean,
    ): FilterField<State, boolean> => ({
      input: 'Boolean',
      description,
      restrict: (wanted) => ({
        kind: 'stalled',
        wanted,
        isLasting: false,
        admits: (state, quietTo) => isQuiet(state, quietTo) === wanted,
      }),
    }),
    /** One of these ids begins with this text, letter case included; an empty text admits everything. */
    search: (
      description: string,
      of: (state: State) => readonly (string | null)[],
    ): FilterField<State, string> => ({
      input: 'String',
      description,
      restrict: (wanted) => ({
        kind: 'startsWith',
        wanted,
        isLasting: true,
        admits: (state) => wanted === '' || of(state).some((id) => id?.startsWith(wanted) === true),
      }),
    }),
    time: (
      description: string,
      of: (state: State) => Instant,
      { isLasting = false } = {},
    ): FilterField<State, InstantRange> => ({
      input: 'DateTimeRange',
      description,
      restrict: (wanted) => ({
        kind: 'within',
        wanted,
        isLasting,
        admits: (state) => isWithin(wanted, of(state)),
      }),
    }),
  };
}

function isSame<State, Value>(wanted: Value, of: (state: State) => Value | null) {
  return (state: State): boolean => of(state) === wanted;
}

function isWithin({ from, before }: InstantRange, at: Instant): boolean {
  return (from == null || at >= from) && (before == null || at < before);
}

/** The requirements of the fields that a filter sets, by name, in the order of the table. */
export function restrictionsByName<State, Wanted>(
  fields: FilterFields<State, Wanted>,
  filter: Filter<Wanted> | null | undefined,
): (readonly [name: keyof Wanted & string, Restriction<State>])[] {
  const restrictions: (readonly [keyof Wanted & string, Restriction<State>])[] = [];
  if (filter == null) return restrictions;
  for (const name in fields) {
    const wanted = filter[name];
    if (wanted != null) restrictions.push([name, fields[name].restrict(wanted)]);
  }
  return restrictions;
}

/** The same without the names. */
export function restrictionsOf<State, Wanted>(
  fields: FilterFields<State, Wanted>,
  filter: Filter<Wanted> | null | undefined,
): readonly Restriction<State>[] {
  return restrictionsByName(fields, filter).map(([, restriction]) => restriction);
}

/** Whether a state meets all of them. Called for each change, for each filter that is subscribed to. */
export function admitsAll<State>(
  restrictions: readonly Restriction<State>[],
  state: State,
  quietTo: Instant,
): boolean {
  for (const restriction of restrictions) if (!restriction.admits(state, quietTo)) return false;
  return true;
}
