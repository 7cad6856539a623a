import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createDocumentLimits } from '../../src/transport/engine/document-limits.ts';
import { DEFAULT_LIMITS } from '../support/builders/default-limits.ts';

const limits = createDocumentLimits(DEFAULT_LIMITS);
const check = (text: string) => limits.check(parse(text));
const nested = (levels: number) => `${'{ a '.repeat(levels)}${'}'.repeat(levels)}`;
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'LIMIT_EXCEEDED', message: expect.stringMatching(message) });

describe('the depth of a document', () => {
  it('is answered with the limit that it exceeds, and what is allowed', () => {
    check(nested(10));
    expect(() => check(nested(11))).toThrow(refusal(/11 levels of fields; at most 10/));
  });

  it('is counted through fragments of either kind', () => {
    const deep = `{ a { ... on A { ...F } } } fragment F on A { b { ...G } } fragment G on B ${nested(8)}`;
    check(deep);
    expect(() =>
      check(`{ x ${deep.slice(0, deep.indexOf(' fragment'))} } ${deep.slice(deep.indexOf('fragment'))}`),
    ).toThrow(refusal(/11 levels/));
  });

  it('is counted once for a fragment that spreads itself, and for thousands of spreads', () => {
    check('{ ...F } fragment F on A { a { ...F } }');
    const chain = Array.from(
      { length: 60 },
      (_, n) => `fragment F${n} on A { ...F${n + 1} ...F${n + 1} ...F${n + 1} }`,
    );
    check(`{ ...F0 } ${chain.join(' ')} fragment F60 on A { a }`);
  });

  it('lets the whole introspection of GraphiQL pass', () => {
    const text = getIntrospectionQuery({
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
    });
    check(text);
    expect(limits.faultOfText(text)).toBeNull();
  });
});

describe('aliases of a document', () => {
  const aliases = (n: number, field: string) =>
    `{ ${Array.from({ length: n }, (_, i) => `a${i}: ${field}`).join(' ')} }`;

  it.each(['session', '__typename'])('are counted for %s', (field) => {
    check(aliases(15, field));
    expect(() => check(aliases(16, field))).toThrow(refusal(/16 aliases and repeated fields; at most 15/));
  });

  it('are counted as such where a field stands again beside itself, also in inline fragments', () => {
    check(`{ ${'__typename '.repeat(16)} }`);
    expect(() => check(`{ ${'__typename '.repeat(17)} }`)).toThrow(refusal(/aliases/));
    expect(() => check(`{ ${'... on Query { __typename } '.repeat(17)} }`)).toThrow(refusal(/aliases/));
  });
});

describe('directives of a document', () => {
  it('are counted wherever they stand', () => {
    check(`query Q ${'@a '.repeat(3)} { b @include(if: true) c @skip(if: false) }`);
    expect(() => check(`{ __typename ${'@aa'.repeat(10)} }`)).toThrow(refusal(/10 directives; at most 5/));
  });
});

describe('tokens of a text', () => {
  it('are too many above the limit, and never because it is no GraphQL', () => {
    expect(limits.faultOfText('a '.repeat(1_000))).toBeNull();
    expect(limits.faultOfText('a '.repeat(1_001))).toEqual(refusal(/at most 1000 tokens/));
    expect(limits.faultOfText('{ session( "')).toBeNull();
  });
});
