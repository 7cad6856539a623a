import { parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { buildSchema } from '../../src/schema/build.ts';
import { createComplexity } from '../../src/transport/engine/complexity.ts';
import { PRESET_TABS } from '../../src/transport/graphiql/tabs.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';

const schema = buildSchema();
const measure = createComplexity(schema);

function count(text: string, variables: Readonly<Record<string, unknown>> = {}): number {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const operation = document.definitions.find((definition) => definition.kind === 'OperationDefinition');
  if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
  return measure({ document, operation, variables });
}

it('each field counts once, and once for every row of the page around it', () => {
  expect(count('{ session(sessionId: "s") { sessionId stage { name } } }')).toBe(4);
  expect(count('{ sessions(first: 50) { edges { node { sessionId } } pageInfo { hasNextPage } } }')).toBe(
    104,
  );
  expect(count('{ sessions(last: 0) { edges { node { sessionId } } liveCursor } }')).toBe(3);
  expect(count('{ sessions { edges { node { sessionId } } } }')).toBe(42);
  expect(count('{ session(sessionId: "s") { stages { name } } }')).toBe(3);
  expect(count('{ nodes(ids: ["a", "b"]) { id } }')).toBe(3);
});

it('pages within pages multiply', () => {
  const inner = 'callbacks(first: 100) { edges { node { position } } }';
  expect(count(`{ sessions(first: 100) { edges { node { ${inner} } } } }`)).toBeGreaterThan(20_000);
});

it('sizes of pages are read from variables, and from their defaults', () => {
  const text = 'query Q($n: Int = 7) { sessions(first: $n) { edges { node { sessionId } } } }';
  expect(count(text)).toBe(16);
  expect(count(text, { n: 100 })).toBe(202);
  expect(count(text, { n: null })).toBe(42);
  expect(count(text, { n: 1e9 })).toBe(202);
  expect(count('query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ['a', 'b', 'c'] })).toBe(4);
});

it('the same operation is counted again for other variables', () => {
  const document = parse('query Q($n: Int) { sessions(first: $n) { edges { node { sessionId } } } }');
  const [operation] = document.definitions;
  if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
  expect([1, 2].map((n) => measure({ document, operation, variables: { n } }))).toEqual([4, 6]);
});

it('fragments count where they are spread, and a million spreads are counted at once', () => {
  expect(
    count('{ sessions(first: 3) { ...F } } fragment F on SessionConnection { edges { node { sessionId } } }'),
  ).toBe(8);
  const chain = Array.from(
    { length: 60 },
    (_, n) => `fragment F${n} on Session { ...F${n + 1} ... on Session { ...F${n + 1} } }`,
  );
  expect(
    count(`{ session(sessionId: "s") { ...F0 } } ${chain.join(' ')} fragment F60 on Session { sessionId }`),
  ).toBeGreaterThan(1e15);
});

it('what GraphiQL opens with is well within the limit', () => {
  for (const { query } of PRESET_TABS) expect(count(query)).toBeLessThan(DEFAULT_LIMITS.complexity / 2);
});
