import { type GraphQLLeafType, isEnumType } from 'graphql';
import { GIVE_UP } from './give-up.ts';

/** Writes a value that is neither null nor a promise as JSON. Throws GIVE_UP where graphql-js would report an error. */
export type WriteLeaf = (value: unknown) => string;

/** Names of scalars whose values are written as texts. */
const TEXTS: readonly string[] = ['ID', 'String'];

export function leafWriter(type: GraphQLLeafType): WriteLeaf {
  if (isEnumType(type)) {
    const written = new Map<unknown, string>();
    for (const { name, value } of type.getValues()) written.set(value, `"${name}"`);
    return (value) => written.get(value) ?? unusual();
  }
  if (TEXTS.includes(type.name)) return (value) => (typeof value === 'string' ? writeText(value) : unusual());
  if (type.name === 'Boolean') return (value) => (typeof value === 'boolean' ? String(value) : unusual());
  if (type.name === 'Int') return (value) => (Number.isInteger(value) ? serialized(value) : unusual());
  return serialized;

  function serialized(value: unknown): string {
    const result: unknown = type.serialize(value);
    if (result == null) throw GIVE_UP;
    return typeof result === 'string' ? writeText(result) : JSON.stringify(result);
  }
}

/** Printable ASCII without quotes and backslashes: it is its own JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

const writeText = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

function unusual(): never {
  throw GIVE_UP;
}
