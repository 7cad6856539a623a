import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** What is measured: a valid document, the operation that will run, and its variables as they came. */
export interface Measured {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Rows of a page that does not say how many it wants, and the most that any page has. */
const DEFAULT_PAGE_ROWS = 20;
const MAX_PAGE_ROWS = 100;

/**
 * Counts the fields that are asked for: each once for every row of the pages around it. What is asked for is counted,
 * not what is there, so that a query is refused always or never. How long a list without pages is (stages, accounts,
 * facts) nobody can know from the document: its fields count once, and what it really holds is counted while it is
 * resolved (budget.ts).
 */
export function createComplexity(schema: GraphQLSchema): (measured: Measured) => number {
  const fixed = new WeakMap<OperationDefinitionNode, number>();
  return (measured) => {
    const known = fixed.get(measured.operation);
    if (known !== undefined) return known;
    const { count, usedVariables } = countFields(schema, measured);
    if (!usedVariables) fixed.set(measured.operation, count);
    return count;
  };
}

function countFields(schema: GraphQLSchema, { document, operation, variables }: Measured) {
  let usedVariables = false;
  const fragments = new Map<string, FragmentDefinitionNode>(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  // Fragments spread fragments: counted again each time, a short document would take for ever.
  const known = new Map<string, number>();
  const root = schema.getRootType(operation.operation);
  return {
    count: root == null ? 0 : ofSelections(operation.selectionSet, root, DEFAULT_PAGE_ROWS),
    usedVariables,
  };

  /** `page`: rows of the connection whose fields these are. */
  function ofSelections(
    { selections }: SelectionSetNode,
    type: GraphQLNamedType | undefined,
    page: number,
  ): number {
    let count = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) count += ofField(selection, type, page);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        const inner = condition === undefined ? type : schema.getType(condition);
        count += ofSelections(selection.selectionSet, inner, page);
      } else count += ofFragment(selection.name.value, page);
    }
    return count;
  }

  function ofFragment(name: string, page: number): number {
    const key = `${name} ${page}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const fragment = fragments.get(name);
    if (fragment === undefined) return 0;
    const type = schema.getType(fragment.typeCondition.name.value);
    const count = ofSelections(fragment.selectionSet, type, page);
    known.set(key, count);
    return count;
  }

  function ofField(field: FieldNode, parent: GraphQLNamedType | undefined, page: number): number {
    if (field.selectionSet === undefined) return 1;
    const type =
      isObjectType(parent) || isInterfaceType(parent)
        ? parent.getFields()[field.name.value]?.type
        : undefined;
    // Introspection is bounded by graphql's own rules.
    if (type === undefined) return 1;
    const inner = ofSelections(field.selectionSet, getNamedType(type), pageOf(field));
    return 1 + inner * (isListType(getNullableType(type)) ? rowsOf(field, parent, page) : 1);
  }

  function rowsOf(field: FieldNode, parent: GraphQLNamedType | undefined, page: number): number {
    if (parent?.name.endsWith('Connection') === true) return page;
    const ids = field.arguments?.find(({ name }) => name.value === 'ids');
    if (ids === undefined) return 1;
    const value = argumentValue(ids.value);
    return Array.isArray(value) ? Math.min(value.length, MAX_PAGE_ROWS) : MAX_PAGE_ROWS;
  }

  /** Above the largest page the resolver refuses, and names the argument. */
  function pageOf({ arguments: given = [] }: FieldNode): number {
    const sizes = given
      .filter(({ name }) => name.value === 'first' || name.value === 'last')
      .map(({ value }) => argumentValue(value))
      .filter((value) => typeof value === 'number' && value >= 0);
    return sizes.length === 0 ? DEFAULT_PAGE_ROWS : Math.min(MAX_PAGE_ROWS, Math.max(...sizes.map(Number)));
  }

  function argumentValue(node: ValueNode): unknown {
    if (node.kind === Kind.INT) return Number(node.value);
    if (node.kind === Kind.LIST) return node.values;
    if (node.kind !== Kind.VARIABLE) return null;
    usedVariables = true;
    const given = variables[node.name.value];
    if (given !== undefined) return given;
    const definition = operation.variableDefinitions?.find(
      ({ variable }) => variable.name.value === node.name.value,
    );
    return definition?.defaultValue === undefined ? null : argumentValue(definition.defaultValue);
  }
}
