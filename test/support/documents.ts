import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package's folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A page that people read, by its path in the package. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/**
 * A fenced block of code. What stands behind the language says what is done with it: `run=NAME` and `recipe=NAME` name
 * it for a test, `by=ci` says that CI runs it, `not-run=WHY` that nobody does.
 */
export interface Fence {
  readonly page: string;
  /** `sh`, `js`, `graphql`, `json`, `sql`, `text`; null for pictures. */
  readonly language: string | null;
  readonly marks: ReadonlyMap<string, string>;
  readonly code: string;
}

const page = (path: string): Page => ({ path, text: readFileSync(ROOT + path, 'utf8') });
const pagesIn = (folder: string): Page[] =>
  readdirSync(ROOT + folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => page(`${folder}/${name}`));

/** README.md, CONTRIBUTING.md and everything directly in docs. */
export const PAGES: readonly Page[] = [page('README.md'), page('CONTRIBUTING.md'), ...pagesIn('docs')];

/** The index of decisions, and the records. */
export const DECISIONS: readonly Page[] = pagesIn('docs/decisions');

/** The page at this path. */
export function pageAt(path: string): Page {
  const found = [...PAGES, ...DECISIONS].find((one) => one.path === path);
  if (found === undefined) throw new Error(`there is no page ${path}`);
  return found;
}

/** All fenced blocks of all pages, in their order. */
export const FENCES: readonly Fence[] = PAGES.flatMap(({ path, text }) =>
  [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = '', code = '']) => ({
    page: path,
    language: /^\w+/.exec(info)?.[0] ?? null,
    marks: new Map([...info.matchAll(/(\S+?)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])),
    code,
  })),
);

function fenceBy(mark: string, name: string): Fence {
  const found = FENCES.filter(({ marks }) => marks.get(mark) === name);
  const [only] = found;
  if (found.length !== 1 || only === undefined) {
    throw new Error(`${found.length} blocks are marked ${mark}=${name}; one is expected`);
  }
  return only;
}

/** The recipe of that name. */
export function recipe(name: string): string {
  return fenceBy('recipe', name).code;
}

/** The block that is marked `run=NAME`. */
export function command(name: string): string {
  return fenceBy('run', name).code;
}

/** The rows of the tables in a section of a page, as cells without blanks around them; heads and rules left out. */
export function tableRows(path: string, heading: string): readonly (readonly string[])[] {
  const { text } = pageAt(path);
  const start = `\n${text}`.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`${path} has no heading ${heading}`);
  const rest = text.slice(start + heading.length);
  const level = heading.slice(0, heading.indexOf(' '));
  const end = new RegExp(`^#{1,${level.length}} `, 'm').exec(rest)?.index ?? rest.length;
  return rest
    .slice(0, end)
    .split('\n')
    .filter((line, index, lines) => line.startsWith('|') && !isHead(line, lines[index + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

const isRule = (line: string | undefined): boolean => /^\|(?:\s*-+\s*\|)+$/.test(line ?? '');
const isHead = (line: string, next: string | undefined): boolean => isRule(line) || isRule(next);

/** What stands between back quotes, in order. */
export function quoted(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
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
