import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { GIVE_UP } from './give-up.ts';

/** The fields that are selected of one type, by their names in the answer, in its order. */
export type SelectedFields = ReadonlyMap<string, readonly FieldNode[]>;

export interface Fragments {
  readonly schema: GraphQLSchema;
  readonly byName: Readonly<Record<string, FragmentDefinitionNode>>;
}

/**
 * What selection sets select of an object type: GraphQL's CollectFields (specification §6.3.2) for documents without
 * directives. Throws GIVE_UP at a directive.
 */
export function selectFields(
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  { schema, byName }: Fragments,
): SelectedFields {
  const fields = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  for (const set of sets) collect(set);
  return fields;

  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (selection.directives !== undefined && selection.directives.length > 0) throw GIVE_UP;
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const known = fields.get(name);
        if (known === undefined) fields.set(name, [selection]);
        else known.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition?.name.value ?? type.name)) collect(selection.selectionSet);
      } else {
        const name = selection.name.value;
        const fragment = byName[name];
        if (fragment === undefined || spread.has(name)) continue;
        spread.add(name);
        if (fragment.directives !== undefined && fragment.directives.length > 0) throw GIVE_UP;
        if (applies(fragment.typeCondition.name.value)) collect(fragment.selectionSet);
      }
    }
  }

  function applies(condition: string): boolean {
    if (condition === type.name) return true;
    const wanted = schema.getType(condition);
    return isAbstractType(wanted) && schema.isSubType(wanted, type);
  }
}
