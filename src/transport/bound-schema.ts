import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import type { Budget, Cost } from './budget.ts';
import { createSelectionCost, isText } from './selection-cost.ts';

/** What every execution of a bounded schema needs in its context. */
export interface Bounded {
  readonly budget: Budget;
}

type Resolver = GraphQLFieldResolver<unknown, Bounded>;
type CostOf = (info: GraphQLResolveInfo) => Cost;
type Admit = (value: unknown, budget: Budget, info: GraphQLResolveInfo) => unknown;

/**
 * Makes every field of the graph that can grow an answer ask the budget of its execution: objects and lists before
 * they are expanded, texts once they are known. Numbers, flags, enums and times were counted with their object: they
 * are left alone. The schema is changed in place, so it serves one engine.
 */
export function boundSchema(schema: GraphQLSchema): void {
  const costOf = createSelectionCost(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    // graphql's own types are shared by all schemas of the process.
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const admit = admitOf(field.type, costOf);
      if (admit !== null) field.resolve = bound(field.resolve ?? defaultFieldResolver, admit);
    }
  }
}

function admitOf(type: GraphQLOutputType, costOf: CostOf): Admit | null {
  const value = getNullableType(type);
  if (isListType(value)) {
    const isTexts = isLeafType(getNullableType(value.ofType));
    return (list, budget, info) => {
      if (!Array.isArray(list)) return list;
      const admitted = budget.admitList(list, costOf(info), info);
      if (!isTexts || budget.aborted) return admitted;
      return list.every((text: unknown) => budget.admitText(text, info)) ? admitted : budget.never;
    };
  }
  if (isLeafType(value)) {
    if (!isText(value)) return null;
    return (text, budget, info) => (budget.admitText(text, info) ? text : budget.never);
  }
  return (object, budget, info) => (object == null ? object : budget.admit(object, costOf(info), info));
}

function bound(resolve: Resolver, admit: Admit): Resolver {
  return (source, args, context, info) => {
    const { budget } = context;
    // Nothing is started for an execution that is dead, a read least of all.
    if (budget.aborted) return budget.never;
    const value = resolve(source, args, context, info);
    if (!(value instanceof Promise)) return admit(value, budget, info);
    return value.then(
      (late: unknown) => (budget.aborted ? budget.never : admit(late, budget, info)),
      (cause: unknown) => {
        if (budget.aborted) return budget.never;
        throw cause;
      },
    );
  };
}
