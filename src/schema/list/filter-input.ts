import type { InputFieldBuilder, InputFieldRef } from '@pothos/core';
import type { FilterField, FilterFields } from '../../domain/filter.ts';
import type { Builder } from '../builder.ts';
import type { Enums } from '../enums.ts';

type Types = Builder['$inferSchemaTypes'];
type Inputs = InputFieldBuilder<Types, 'InputObject'>;

/** The fields of a filter's input type: what `filter` declares of them, in its order. */
export function filterInputFields<State, Wanted>(
  t: Inputs,
  enums: Enums,
  filter: FilterFields<State, Wanted>,
) {
  const fields: Record<string, ReturnType<typeof inputField>> = {};
  for (const name in filter) fields[name] = inputField(t, enums, filter[name]);
  // cast: each field is made from the declaration of its name, which the loop cannot show to the compiler.
  return fields as { [Name in keyof Wanted]: InputFieldRef<Types, Wanted[Name] | null | undefined> };
}

function inputField(
  t: Inputs,
  enums: Enums,
  { input, description }: Pick<FilterField<never, never>, 'input' | 'description'>,
) {
  switch (input) {
    case 'ID':
      return t.id({ description });
    case 'String':
      return t.string({ description });
    case 'Boolean':
      return t.boolean({ description });
    case 'DateTimeRange':
      return t.field({ type: 'DateTimeRange', description });
    default:
      return t.field({ type: [enums[input]], description });
  }
}
