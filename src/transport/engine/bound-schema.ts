import {
  defaultFieldResolver,
  type GraphQLFieldResolver,
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

/**
 * Has every field of the graph that can grow an answer charged to the budget of its execution: objects and lists before
 * they are expanded, texts once they are known. Numbers, flags, enums and times were counted with their object: they
 * are left alone. The schema is changed in place, so it serves one engine.
 */
export function boundSchema(schema: GraphQLSchema): void {
  const costOf = createSelectionCost(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    // graphql's own types are shared by all schemas of the process.
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const resolve = field.resolve ?? defaultFieldResolver;
      const value = getNullableType(field.type);
      if (isListType(value))
        field.resolve = boundList(resolve, costOf, isLeafType(getNullableType(value.ofType)));
      else if (!isLeafType(value)) field.resolve = boundObject(resolve, costOf);
      else if (isText(value)) field.resolve = boundText(resolve);
    }
  }
}

/*
 * One wrapper for each kind of field, each with as few calls as can be: they run for every field that is answered.
 * For an execution that is dead none starts anything, a read least of all.
 */

function boundText(resolve: Resolver): Resolver {
  return (source, args, context, info) => {
    const { budget } = context;
    if (budget.aborted) return budget.never;
    const text = resolve(source, args, context, info);
    if (text instanceof Promise) return late(text, budget, (value) => admitText(value, budget, info));
    return budget.admitText(text, info) ? text : budget.never;
  };
}

function boundObject(resolve: Resolver, costOf: CostOf): Resolver {
  return (source, args, context, info) => {
    const { budget } = context;
    if (budget.aborted) return budget.never;
    const object = resolve(source, args, context, info);
    if (object == null) return object;
    if (!(object instanceof Promise)) return budget.admit(object, costOf(info), info);
    return late(object, budget, (value) => (value == null ? value : budget.admit(value, costOf(info), info)));
  };
}

function boundList(resolve: Resolver, costOf: CostOf, isOfTexts: boolean): Resolver {
  return (source, args, context, info) => {
    const { budget } = context;
    if (budget.aborted) return budget.never;
    const list = resolve(source, args, context, info);
    return list instanceof Promise
      ? late(list, budget, (value) => admitList(value, budget, info))
      : admitList(list, budget, info);
  };

  function admitList(list: unknown, budget: Budget, info: GraphQLResolveInfo): unknown {
    if (!Array.isArray(list)) return list;
    const admitted = budget.admitList(list, costOf(info), info);
    if (!isOfTexts || budget.aborted) return admitted;
    return list.every((text: unknown) => budget.admitText(text, info)) ? admitted : budget.never;
  }
}

function admitText(text: unknown, budget: Budget, info: GraphQLResolveInfo): unknown {
  return budget.admitText(text, info) ? text : budget.never;
}

function late(value: Promise<unknown>, budget: Budget, admit: (value: unknown) => unknown): Promise<unknown> {
  return value.then(
    (found) => (budget.aborted ? budget.never : admit(found)),
    (cause: unknown) => {
      if (budget.aborted) return budget.never;
      throw cause;
    },
  );
}
