import { readFileSync } from 'node:fs';

/** A fenced block of code in README.md. */
export interface Fence {
  /** `sh` or `js`; null for pictures. */
  readonly language: string | null;
  /** What `recipe=` names; null for others. */
  readonly recipe: string | null;
  readonly code: string;
}

export const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** All fenced blocks, in the order of the page. */
export const FENCES: readonly Fence[] = [...README.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(
  ([, info = '', code = '']) => ({
    language: /^(\w+)/.exec(info)?.[1] ?? null,
    recipe: /recipe=(\S+)/.exec(info)?.[1] ?? null,
    code,
  }),
);

/** The recipe of that name. */
export function recipe(name: string): string {
  const found = FENCES.find((fence) => fence.recipe === name);
  if (found === undefined) throw new Error(`README.md has no recipe=${name}`);
  return found.code;
}

/** The shell block that holds this text; there is exactly one. */
export function shell(holding: string): string {
  const found = FENCES.filter(({ language, code }) => language === 'sh' && code.includes(holding));
  const [only] = found;
  if (found.length !== 1 || only === undefined)
    throw new Error(`README.md has ${found.length} blocks with ${holding}`);
  return only.code;
}

/** Runs a recipe's own text, at another address, and gives what it defines. */
export function runRecipe(
  name: string,
  defined: string,
  url: string,
  scope: Readonly<Record<string, unknown>> = {},
): unknown {
  const code = recipe(name)
    .replace(/^import .*$/gm, '')
    .replaceAll('127.0.0.1:4000', new URL(url).host);
  return new Function(...Object.keys(scope), `${code}\nreturn ${defined};`)(...Object.values(scope));
}
