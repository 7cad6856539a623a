import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Cost } from './budget.ts';

/** Scalars of any length: their text is counted when it is resolved. */
const TEXTS: readonly string[] = ['String', 'ID', 'JSON'];
const SCALAR_BYTES: ReadonlyMap<string, number> = new Map([
  ['Boolean', 5],
  ['Int', 8],
  ['LocalDate', 12],
]);
/** Of a DateTime, and of scalars that come later. */
const OTHER_SCALAR_BYTES = 26;
/** Around a value: quotes or braces. */
const BRACKETS = 2;
const LEAF: Cost = { fields: 1, bytes: BRACKETS + 1 };

export const isText = (type: GraphQLOutputType): boolean => TEXTS.includes(getNamedType(type).name);

/**
 * What one object of a field's value costs: a field for each name that is selected of it, fragments once, and the
 * bytes of their names and values. A name that a directive leaves out counts too. Of an interface: the dearest type.
 * Computed once for each field of a document.
 */
export function createSelectionCost(schema: GraphQLSchema): (info: GraphQLResolveInfo) => Cost {
  const known = new WeakMap<FieldNode, Cost>();

  function ofNode(node: FieldNode, info: GraphQLResolveInfo): Cost {
    const cost = known.get(node) ?? compute(node, info);
    known.set(node, cost);
    return cost;
  }

  function compute({ selectionSet }: FieldNode, { returnType, fragments }: GraphQLResolveInfo): Cost {
    if (selectionSet === undefined) return LEAF;
    const type = getNamedType(returnType);
    const types = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
    const costs = types.map((object) => costOf(selectionSet, object, fragments));
    return {
      fields: Math.max(...costs.map(({ fields }) => fields)),
      bytes: Math.max(...costs.map(({ bytes }) => bytes)),
    };
  }

  function costOf(
    selectionSet: SelectionSetNode,
    type: GraphQLObjectType,
    fragments: Readonly<Record<string, FragmentDefinitionNode>>,
  ): Cost {
    const names = new Map<string, number>();
    const spread = new Set<string>();
    collect(selectionSet);
    const bytes = [...names.values()].reduce((sum, one) => sum + one, BRACKETS + 1);
    return { fields: names.size, bytes };

    function collect({ selections }: SelectionSetNode): void {
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) {
          const name = selection.alias?.value ?? selection.name.value;
          // `"name":value,` of names that hold no character beyond ASCII.
          names.set(name, name.length + 4 + bytesOf(type.getFields()[selection.name.value]?.type));
          continue;
        }
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          const fragment = fragments[selection.name.value];
          if (fragment === undefined || spread.has(selection.name.value)) continue;
          spread.add(selection.name.value);
          if (applies(fragment.typeCondition.name.value, type)) collect(fragment.selectionSet);
        } else if (applies(selection.typeCondition?.name.value ?? type.name, type)) {
          collect(selection.selectionSet);
        }
      }
    }
  }

  function applies(condition: string, type: GraphQLObjectType): boolean {
    if (condition === type.name) return true;
    const wanted = schema.getType(condition);
    return isAbstractType(wanted) && schema.isSubType(wanted, type);
  }

  return (info) => {
    const { fieldNodes } = info;
    const [node] = fieldNodes;
    if (node === undefined) return LEAF;
    // Selected again beside itself: what both select counts twice, and the limit of aliases bounds that.
    return fieldNodes.length === 1 ? (known.get(node) ?? ofNode(node, info)) : ofNodes(fieldNodes, info);
  };

  function ofNodes(nodes: readonly FieldNode[], info: GraphQLResolveInfo): Cost {
    const costs = nodes.map((node) => ofNode(node, info));
    return {
      fields: costs.reduce((sum, { fields }) => sum + fields, 0),
      bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }
}

function bytesOf(type: GraphQLOutputType | undefined): number {
  if (type === undefined || isListType(getNullableType(type)) || isText(type)) return BRACKETS;
  const named = getNamedType(type);
  if (isEnumType(named)) return BRACKETS + Math.max(...named.getValues().map(({ name }) => name.length));
  return isObjectType(named) || isAbstractType(named)
    ? BRACKETS
    : (SCALAR_BYTES.get(named.name) ?? OTHER_SCALAR_BYTES);
}
