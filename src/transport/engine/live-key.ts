import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** What of a document decides whether two subscriptions select the same. */
interface Shape {
  readonly text: string;
  /** Variables that alter the answer, in the order of their definition. */
  readonly variables: readonly string[];
}

/** What two subscriptions agree on where one execution serves both. */
interface Subscribed {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  /** All of the viewer that can alter an answer. */
  readonly scope: string;
  /** What the subscription's source adds. */
  readonly share: string;
}

export type LiveKey = (subscribed: Subscribed) => string;

/**
 * One key for all subscriptions that select the same, so that one execution and one payload serve them. Cursors are
 * no part of it: the argument `after` of the subscription's own field is left out, and with it each variable that
 * serves nothing else. Documents are looked at once.
 */
export function createLiveKey(schema: GraphQLSchema): LiveKey {
  const shapes = new WeakMap<OperationDefinitionNode, Shape>();
  return ({ document, operation, variables, scope, share }) => {
    const shape = shapes.get(operation) ?? shapeOf(schema, document, operation);
    shapes.set(operation, shape);
    // A variable that is absent takes its default; one that is null does not.
    const values = shape.variables.map((name) => (name in variables ? [variables[name]] : []));
    // A hash, because thousands of idle subscriptions hold their key.
    return createHash('sha256')
      .update(JSON.stringify([shape.text, operation.name?.value, values, scope, share]))
      .digest('base64url');
  };
}

function shapeOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Shape {
  const types = new TypeInfo(schema);
  const withoutCursor = visit(
    document,
    visitWithTypeInfo(types, {
      Field: (field) =>
        types.getParentType() === schema.getSubscriptionType()
          ? { ...field, arguments: field.arguments?.filter((argument) => argument.name.value !== 'after') }
          : undefined,
    }),
  );
  const used = new Set<string>();
  visit(withoutCursor, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      used.add(name.value);
    },
  });
  const isUsed = (name: string) => used.has(name);
  return {
    text: print(
      visit(withoutCursor, {
        VariableDefinition: ({ variable }) => (isUsed(variable.name.value) ? undefined : null),
      }),
    ),
    variables: (operation.variableDefinitions ?? [])
      .map(({ variable }) => variable.name.value)
      .filter(isUsed),
  };
}
