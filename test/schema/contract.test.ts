import { readFileSync } from 'node:fs';
import {
  astFromValue,
  buildASTSchema,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  parse,
  print,
  printSchema,
} from 'graphql';
import { expect, test } from 'vitest';
import { buildSchema } from '../../src/schema/build.ts';

/** What the schema adds to the contract. */
const ADDED: RegExp[] = [/\bbodyBase64\b/];

const contract = buildASTSchema(
  parse(readFileSync(new URL('../fixtures/contract.graphql', import.meta.url), 'utf8')),
);
const schema = buildSchema();

test('the schema holds everything of the contract: names, types, nullability, defaults', () => {
  const built = statements(schema);
  expect([...statements(contract)].filter((line) => !built.has(line))).toEqual([]);
});

test('the schema adds nothing to the contract that is not named here', () => {
  const promised = statements(contract);
  const added = [...statements(schema)].filter((line) => !promised.has(line));
  expect(added.filter((line) => !ADDED.some((part) => part.test(line)))).toEqual([]);
});

test('every type, field, argument and enum value says what it is, beginning as the contract does', () => {
  const built = descriptions(schema);
  expect([...built].filter(([, text]) => text.trim() === '').map(([path]) => path)).toEqual([]);
  const changed = [...descriptions(contract)].filter(
    ([path, text]) => built.get(path)?.startsWith(text) !== true,
  );
  expect(changed).toEqual([]);
});

test('the values of each enum stand in the order of the contract: stages in that of the road', () => {
  const enums = Object.values(schema.getTypeMap()).filter(isEnumType);
  const order = (of: GraphQLSchema, name: string) => {
    const type = of.getType(name);
    return isEnumType(type) ? type.getValues().map((value) => value.name) : [];
  };
  for (const { name } of enums.filter((type) => !type.name.startsWith('__'))) {
    expect(order(schema, name)).toEqual(order(contract, name));
  }
});

test('the printed schema is the same each time it is built', () => {
  expect(printSchema(buildSchema())).toBe(printSchema(schema));
});

/** Every fact of a schema as a line of its own, e.g. `Session.sessionId: ID!`; descriptions apart. */
function statements(of: GraphQLSchema): Set<string> {
  return new Set(elements(of).flatMap(({ facts }) => facts));
}

/** What each element says of itself, by its path; empty where it says nothing. */
function descriptions(of: GraphQLSchema): ReadonlyMap<string, string> {
  return new Map(elements(of).map(({ path, description }) => [path, description ?? '']));
}

/** A type, field, argument or enum value. */
interface Element {
  readonly path: string;
  readonly description?: string | null | undefined;
  readonly facts: readonly string[];
}

function elements(of: GraphQLSchema): Element[] {
  return Object.values(of.getTypeMap())
    .filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type))
    .flatMap(ofType);
}

function ofType(type: GraphQLNamedType): Element[] {
  const { name, description } = type;
  const own = (...facts: string[]): Element => ({
    path: name,
    description,
    facts: [`${name} (${type.constructor.name})`, ...facts],
  });
  if (isScalarType(type)) return [own(`${name} specified by ${type.specifiedByURL}`)];
  if (isEnumType(type)) {
    const values = type.getValues().map((value) => ({
      path: `${name}.${value.name}`,
      description: value.description,
      facts: [`${name}.${value.name}`],
    }));
    return [own(), ...values];
  }
  if (isInputObjectType(type)) {
    return [
      own(),
      ...Object.values(type.getFields()).map((field) => ofInput(`${name}.${field.name}`, field)),
    ];
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [own()];
  return [
    own(...type.getInterfaces().map((face) => `${name} implements ${face.name}`)),
    ...Object.values(type.getFields()).flatMap((field) => {
      const path = `${name}.${field.name}`;
      return [
        { path, description: field.description, facts: [`${path}: ${field.type}`] },
        ...field.args.map((argument) => ofInput(`${path}(${argument.name})`, argument)),
      ];
    }),
  ];
}

type Input = Parameters<typeof astFromValue>[1] extends never
  ? never
  : {
      type: Parameters<typeof astFromValue>[1];
      defaultValue?: unknown;
      description?: string | null | undefined;
    };

function ofInput(path: string, input: Input): Element {
  const fallback = astFromValue(input.defaultValue, input.type);
  const { description } = input;
  return { path, description, facts: [`${path}: ${input.type} = ${fallback ? print(fallback) : 'none'}`] };
}
