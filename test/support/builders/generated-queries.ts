import {
  type GraphQLArgument,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Random } from '../schedules/random.ts';

/** A query and its variables. */
export interface GeneratedQuery {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Values {
  /** What is generated; queries where it is left out. */
  readonly operation?: 'query' | 'subscription';
  /** Texts for arguments and filters that name something, known and unknown ones. */
  readonly ids: readonly string[];
  /** Global ids, and texts that are none. */
  readonly globalIds: readonly string[];
}

/**
 * Makes queries over a schema from random numbers, of which all but a few are valid: aliases, the same field twice, inline and named fragments, also
 * on interfaces, `__typename`, variables, `@include` and `@skip`, and now and then an argument that is refused.
 */
export function createQueryGenerator(
  schema: GraphQLSchema,
  { below }: Pick<Random, 'below'>,
  values: Values,
) {
  const random = () => below(1_000_000) / 1_000_000;
  const chance = (share: number) => random() < share;
  const pick = <T>(list: readonly T[]): T => {
    const item = list[Math.floor(random() * list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };

  return (): GeneratedQuery => {
    const definitions: string[] = [];
    const variables: Record<string, unknown> = {};
    const fragments: string[] = [];
    let names = 0;
    const named = () => {
      names += 1;
      return names;
    };

    /** A value as text of the document; through a variable now and then. */
    function written(value: unknown, type: string): string {
      if (!chance(0.4)) return literal(value);
      const name = `v${definitions.length}`;
      definitions.push(`$${name}: ${type}`);
      variables[name] = value;
      return `$${name}`;
    }

    function exampleOf({ name, type }: Pick<GraphQLArgument, 'name' | 'type'>): unknown {
      const named = getNamedType(type);
      if (isEnumType(named)) {
        const word = { word: pick(named.getValues()).name };
        return isListType(type) ? [word] : word;
      }
      if (isInputObjectType(named)) {
        const fields = Object.values(named.getFields()).filter(
          (field) => isNonNullType(field.type) || chance(0.15),
        );
        return Object.fromEntries(fields.map((field) => [field.name, exampleOf(field)]));
      }
      if (name === 'first' || name === 'last') return chance(0.05) ? 101 : Math.floor(random() * 6);
      if (name === 'minutes') return 60;
      if (name === 'after' || name === 'before' || named.name === 'DateTime') {
        return named.name === 'DateTime' ? '2026-11-22T11:57:00.000Z' : chance(0.9) ? null : 'no cursor';
      }
      if (name === 'ids') return [pick(values.globalIds), pick(values.globalIds)];
      if (name === 'id') return pick(values.globalIds);
      if (named.name === 'Boolean') return chance(0.5);
      return chance(0.1) ? null : pick(values.ids);
    }

    function argumentsOf(args: readonly GraphQLArgument[]): string {
      const given = args.filter((arg) => (isNonNullType(arg.type) ? true : chance(0.35)));
      const parts = given.map((arg) => {
        const value = exampleOf(arg);
        const named = getNamedType(arg.type);
        // Words and input objects are written out: in variables they have another form.
        const isPlain = !isEnumType(named) && !isInputObjectType(named);
        return `${arg.name}: ${isPlain ? written(value, String(arg.type)) : literal(value)}`;
      });
      return parts.length === 0 ? '' : `(${parts.join(', ')})`;
    }

    function selectionOf(type: GraphQLOutputType, depth: number): string {
      const named = getNamedType(type);
      if (isInterfaceType(named)) {
        const types = schema.getPossibleTypes(named).filter(() => chance(0.4));
        const inner = types.map((object) => `... on ${object.name} ${setOf(object, depth)}`);
        return `{ __typename id ${inner.join(' ')} }`;
      }
      return isObjectType(named) ? setOf(named, depth) : '';
    }

    function setOf(type: GraphQLObjectType, depth: number): string {
      const parts: string[] = [];
      const fields = Object.values(type.getFields());
      const count = 1 + Math.floor(random() * 4);
      for (let n = 0; n < count; n += 1) {
        const field = pick(fields);
        const isLeaf = !isObjectType(getNamedType(field.type)) && !isInterfaceType(getNamedType(field.type));
        if (!isLeaf && depth <= 0) continue;
        // Fields with arguments or selections get a name of their own, so that no two of them conflict.
        const alias = !isLeaf || field.args.length > 0 || chance(0.2) ? `a${named()}: ` : '';
        const directive = chance(0.03) ? directiveOf(chance(0.5)) : '';
        parts.push(
          `${alias}${field.name}${argumentsOf(field.args)}${directive} ${selectionOf(field.type, depth - 1)}`,
        );
      }
      if (parts.length === 0 || chance(0.1)) parts.push('__typename');
      if (chance(0.1)) parts.push(`... on ${type.name} { ${leafOf(type)} }`);
      if (chance(0.05) && type.getInterfaces().length > 0) parts.push('... on Node { id }');
      if (chance(0.1)) {
        const name = `F${fragments.length}`;
        fragments.push(`fragment ${name} on ${type.name} { ${leafOf(type)} __typename }`);
        parts.push(`...${name}`);
      }
      return `{ ${parts.join(' ')} }`;
    }

    function directiveOf(value: boolean): string {
      return ` @${value ? 'include' : 'skip'}(if: ${written(chance(0.5), 'Boolean!')})`;
    }

    function leafOf(type: GraphQLObjectType): string {
      const leaves = Object.values(type.getFields()).filter(
        ({ type: of, args }) =>
          args.length === 0 && !isObjectType(getNamedType(of)) && !isInterfaceType(getNamedType(of)),
      );
      return leaves.length === 0 ? '__typename' : pick(leaves).name;
    }

    /** A subscription has one field. */
    function oneFieldOf(type: GraphQLObjectType, depth: number): string {
      const { name, args, type: of } = pick(Object.values(type.getFields()));
      return `{ ${name}${argumentsOf(args)} ${selectionOf(of, depth)} }`;
    }

    const { operation = 'query' } = values;
    const root = operation === 'query' ? schema.getQueryType() : schema.getSubscriptionType();
    if (root == null) throw new Error(`the schema has no ${operation}`);
    const depth = 1 + Math.floor(random() * 3);
    const set = operation === 'query' ? setOf(root, depth) : oneFieldOf(root, depth);
    const head = definitions.length === 0 ? operation : `${operation} (${definitions.join(', ')})`;
    return { text: [`${head} ${set}`, ...fragments].join('\n'), variables };
  };
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if ('word' in value) return String(value.word);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name}: ${literal(inner)}`)
    .join(', ')} }`;
}
