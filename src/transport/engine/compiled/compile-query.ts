import {
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import type { Bounded } from '../bound-schema.ts';
import { GIVE_UP } from './give-up.ts';
import { briefTexts, KeptText, type KeptTexts, longTexts } from './kept-texts.ts';
import { selectFields } from './select-fields.ts';
import { leafWriter } from './write-leaf.ts';

/** The extension of fields that depend on their parent alone: schema/of-state.ts declares it. */
const OF_STATE = 'ofState';
/** The extension of types for whose objects texts are kept; of others it would cost more than it saves. */
const KEEPS_TEXT = 'keepsText';

/** How texts are kept, by the value of that extension: see schema/of-state.ts. */
const KEPT: Readonly<Record<string, KeptTexts>> = { brief: briefTexts, long: longTexts };

/** One execution of a compiled operation. */
export interface Run {
  readonly context: Bounded;
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * A query, or what a subscription selects of each message. Writes the whole result; throws, or rejects with, GIVE_UP or
 * what a resolver threw.
 * @param root a subscription's message; of a query undefined
 */
export type CompiledQuery = (
  root: unknown,
  context: Bounded,
  variables: Readonly<Record<string, unknown>>,
) => string | Promise<string>;

/** Writes a field's value, which may be null, as JSON. */
type Write = (value: unknown, run: Run, out: Pieces) => void;

/** What is joined to the text at last: to append to a growing string again and again costs more than the rest. */
type Pieces = string[];

interface CompiledField {
  /** `"name":` */
  readonly head: string;
  resolve(source: unknown, run: Run): unknown;
  readonly write: Write;
  readonly isOfState: boolean;
}

interface Compiled {
  readonly write: Write;
  /** Whether it depends on the value alone. */
  readonly isOfState: boolean;
}

/**
 * Compiles the only operation of a validated document into functions that call the schema's own resolvers and write
 * their values as JSON, byte for byte as JSON.stringify writes the result of graphql-js. It is made for the ordinary:
 * promises at the root alone, no directives, no interfaces, no errors, no null where none may be. All else throws
 * GIVE_UP, when it is compiled or when it runs.
 *
 * A query's variables are coerced at each execution, because that may fail. A subscription's were when it was opened: for
 * a message they are coerced only where a field's arguments need them.
 */
export function compileQuery(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  byName: Readonly<Record<string, FragmentDefinitionNode>>,
): CompiledQuery {
  const fragments = { schema, byName };
  const rootType = schema.getRootType(operation.operation);
  if (rootType == null || (operation.directives?.length ?? 0) > 0) throw GIVE_UP;
  const fields = compileFields(rootType, [operation.selectionSet]);
  const definitions = operation.variableDefinitions ?? [];
  const isCoercedLate = operation.operation === OperationTypeNode.SUBSCRIPTION;

  return (root, context, given) => {
    const run = isCoercedLate ? lateRun(context, given) : { context, variables: coerce(given) };
    const values = resolveRoot(root, run);
    return values.some((value) => value instanceof Promise)
      ? Promise.all(values).then((found) => writeRoot(found, run))
      : writeRoot(values, run);
  };

  function coerce(given: Readonly<Record<string, unknown>>): Run['variables'] {
    const { coerced } = getVariableValues(schema, definitions, given);
    if (coerced === undefined) throw GIVE_UP;
    return coerced;
  }

  function lateRun(context: Bounded, given: Readonly<Record<string, unknown>>): Run {
    let coerced: Run['variables'] | null = null;
    return {
      context,
      get variables() {
        coerced ??= coerce(given);
        return coerced;
      },
    };
  }

  function resolveRoot(root: unknown, run: Run): unknown[] {
    const values: unknown[] = [];
    try {
      for (const field of fields) values.push(field.resolve(root, run));
    } catch (error) {
      for (const value of values) abandon(value);
      throw error;
    }
    return values;
  }

  function writeRoot(values: readonly unknown[], run: Run): string {
    const out: Pieces = ['{"data":{'];
    for (const [place, { head, write }] of fields.entries()) {
      out.push(head);
      write(values[place], run, out);
    }
    out.push('}}');
    return out.join('');
  }

  function compileFields(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): CompiledField[] {
    const selected = [...selectFields(type, sets, fragments)];
    return selected.map(([name, nodes], place) =>
      compileField(type, `${place === 0 ? '' : ','}"${name}":`, nodes),
    );
  }

  function compileField(type: GraphQLObjectType, head: string, nodes: readonly FieldNode[]): CompiledField {
    const [node] = nodes;
    if (node === undefined) throw GIVE_UP;
    const name = node.name.value;
    if (name === '__typename') {
      return {
        head,
        resolve: () => type.name,
        write: (_, __, out) => out.push(`"${type.name}"`),
        isOfState: true,
      };
    }
    const field = type.getFields()[name];
    if (field === undefined) throw GIVE_UP;
    const { resolve = defaultFieldResolver } = field;
    const isOfParent = field.extensions[OF_STATE] === true;
    const argumentsOf = isOfParent ? () => NO_ARGUMENTS : compileArguments(field, node);
    const info = createInfo(type, field, nodes);
    const { write, isOfState } = compileValue(field.type, nodes);
    return {
      head,
      resolve: (source, run) => resolve(source, argumentsOf(run), run.context, info),
      write,
      isOfState: isOfState && isOfParent,
    };
  }

  function compileValue(type: GraphQLOutputType, nodes: readonly FieldNode[]): Compiled {
    if (!isNonNullType(type)) {
      const { write, isOfState } = compileSome(type, nodes);
      return {
        write: (value, run, out) => (value == null ? out.push('null') : write(value, run, out)),
        isOfState,
      };
    }
    const { write, isOfState } = compileSome(type.ofType, nodes);
    return {
      write: (value, run, out) => (value == null ? giveUp() : write(value, run, out)),
      isOfState,
    };
  }

  /** Of a value that is not null. */
  function compileSome(type: GraphQLOutputType, nodes: readonly FieldNode[]): Compiled {
    if (isListType(type)) return compileList(compileValue(type.ofType, nodes));
    if (isLeafType(type)) {
      const writeLeaf = leafWriter(type);
      return {
        write: (value, _, out) => out.push(value instanceof Promise ? abandoned(value) : writeLeaf(value)),
        isOfState: true,
      };
    }
    if (!isObjectType(type) || type.isTypeOf != null) throw GIVE_UP;
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    return compileObject(compileFields(type, sets), textsOf(type));
  }

  function textsOf({ extensions }: GraphQLObjectType): KeptTexts | null {
    return KEPT[String(extensions[KEEPS_TEXT])] ?? null;
  }

  function compileObject(fields: readonly CompiledField[], texts: KeptTexts | null): Compiled {
    const isOfState = fields.every((field) => field.isOfState);
    const writeFields: Write = (source, run, out) => {
      out.push('{');
      for (const { head, resolve, write } of fields) {
        out.push(head);
        write(resolve(source, run), run, out);
      }
      out.push('}');
    };
    if (!isOfState || texts === null) {
      return { write: (value, run, out) => writeFields(object(value), run, out), isOfState };
    }
    return {
      write(value, run, out) {
        const state = object(value);
        const { budget } = run.context;
        const known = texts.find(state, fields);
        if (known !== undefined && budget.admitAgain(known.cost)) {
          out.push(known.text);
          return;
        }
        const before = budget.spent;
        const first = out.length;
        writeFields(state, run, out);
        const { spent } = budget;
        const cost = { fields: spent.fields - before.fields, bytes: spent.bytes - before.bytes };
        texts.keep(state, new KeptText(fields, out.slice(first), cost));
      },
      isOfState,
    };
  }

  function compileArguments(field: GraphQLField<unknown, unknown>, node: FieldNode) {
    if (field.args.length === 0) return () => NO_ARGUMENTS;
    const isFixed = (node.arguments ?? []).every(({ value }) => !holdsVariable(value));
    if (isFixed) {
      const fixed = getArgumentValues(field, node);
      return () => fixed;
    }
    return ({ variables }: Run) => getArgumentValues(field, node, variables);
  }

  function createInfo(
    parentType: GraphQLObjectType,
    { name, type }: GraphQLField<unknown, unknown>,
    fieldNodes: readonly FieldNode[],
  ): GraphQLResolveInfo {
    return {
      ...{ fieldName: name, fieldNodes, returnType: type, parentType },
      ...{ schema, fragments: byName, operation },
      // What differs from run to run is not given: a resolver that looks at it is left to graphql-js.
      get path() {
        return giveUp();
      },
      get rootValue() {
        return giveUp();
      },
      get variableValues() {
        return giveUp();
      },
    };
  }
}

function compileList({ write, isOfState }: Compiled): Compiled {
  return {
    write(value, run, out) {
      if (!Array.isArray(value)) return abandoned(value);
      out.push('[');
      for (let place = 0; place < value.length; place += 1) {
        if (place > 0) out.push(',');
        write(value[place], run, out);
      }
      out.push(']');
    },
    isOfState,
  };
}

const NO_ARGUMENTS = Object.freeze({});

function holdsVariable(value: object): boolean {
  if ('kind' in value && value.kind === Kind.VARIABLE) return true;
  if ('values' in value && Array.isArray(value.values)) return value.values.some(holdsVariable);
  if ('fields' in value && Array.isArray(value.fields)) {
    return value.fields.some((field: { readonly value: object }) => holdsVariable(field.value));
  }
  return false;
}

function object(value: unknown): object {
  return typeof value !== 'object' || value === null || value instanceof Promise ? abandoned(value) : value;
}

/** Gives up because of this value. */
function abandoned(value: unknown): never {
  abandon(value);
  throw GIVE_UP;
}

/** Nobody waits for this value any more: what it rejects with concerns nobody. */
function abandon(value: unknown): void {
  if (value instanceof Promise) value.catch(() => {});
}

function giveUp(): never {
  throw GIVE_UP;
}
