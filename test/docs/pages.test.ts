import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildSchema } from '../../src/schema/build.ts';
import { DECISIONS, FENCES, PAGES, pageAt, quoted, ROOT, tableRows } from '../support/documents.ts';

const ALL = [...PAGES, ...DECISIONS];
const known = ALL.map(({ path }) => path);

describe('the README', () => {
  it('has fewer than 250 lines', () => {
    expect(pageAt('README.md').text.split('\n').length).toBeLessThan(250);
  });

  it('names the libraries that carry it in its picture', () => {
    const [picture] = FENCES.filter(({ page, language }) => page === 'README.md' && language === null);
    for (const name of ['Yoga', 'Pothos', 'graphql-ws', 'Drizzle', 'PostgreSQL']) {
      expect(picture?.code).toContain(name);
    }
  });

  it('shows every folder of src in its code tour, and no other', () => {
    const shown = tableRows('README.md', '## Code tour').flatMap(([folder = '']) => quoted(folder));
    const folders = readdirSync(`${ROOT}src`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(shown.toSorted()).toEqual(folders.map(({ name }) => `src/${name}/`).sort());
  });
});

describe('the pages', () => {
  it('have no command, recipe or example that is neither run by a test nor marked with why not', () => {
    const needed = new Map([
      ['sh', ['run', 'by', 'not-run']],
      ['sql', ['run']],
      ['js', ['recipe']],
      ['json', ['answer', 'scenario']],
    ]);
    const unmarked = FENCES.filter(
      ({ language, marks }) => needed.get(language ?? '')?.some((mark) => marks.has(mark)) === false,
    );
    expect(unmarked.map(({ page, code }) => `${page}: ${code}`)).toEqual([]);
  });

  it('have no command or recipe whose name stands in no test', () => {
    const tests = readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => readFileSync(`${ROOT}test/${path}`, 'utf8'));
    const names = FENCES.flatMap(({ marks }) => [marks.get('run') ?? [], marks.get('recipe') ?? []].flat());
    expect(names.length).toBeGreaterThan(15);
    expect(names.filter((name) => !tests.some((text) => text.includes(`'${name}'`)))).toEqual([]);
  });

  it('have only GraphQL documents that this schema takes', () => {
    const schema = buildSchema();
    const documents = FENCES.filter(({ language }) => language === 'graphql');
    expect(documents.length).toBeGreaterThan(2);
    for (const { page, code } of documents)
      expect(validate(schema, parse(code)), `${page}:\n${code}`).toEqual([]);
  });

  it('link to nothing that is not there', () => {
    const broken = ALL.flatMap(({ path, text }) =>
      [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !isThere(path, target))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('name no file of this repository that is not there', () => {
    const missing = PAGES.flatMap(({ path, text }) =>
      quoted(withoutFences(text))
        .filter((code) => /^(?:src|test|docs|scripts|drizzle)\/[\w./-]*$/.test(code))
        .filter((code) => !existsSync(ROOT + code))
        .map((code) => `${path}: ${code}`),
    );
    expect(missing).toEqual([]);
  });

  it('are there where a comment of the code points to them', () => {
    const missing = ['src', 'test', 'scripts'].flatMap((folder) =>
      readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.(?:ts|mjs)$/.test(path))
        .flatMap((path) => {
          const text = readFileSync(`${ROOT}${folder}/${path}`, 'utf8');
          // A record may be cited by its number alone.
          const cited = [...text.matchAll(/(?<![\w/])docs\/(?:[a-z]+\.md|decisions\/\d{4})/g)].map(String);
          return cited
            .filter((page) => !known.some((one) => one.startsWith(page)))
            .map((page) => `${path}: ${page}`);
        }),
    );
    expect(missing).toEqual([]);
  });

  it('cite nothing that is not part of the project', () => {
    const citing = ALL.filter(({ text }) =>
      /\bDESIGN\b|\bHOUSE\b|\bFAST\.md\b|§/.test(text.replaceAll(/RFC \d+ §/g, '')),
    );
    expect(citing.map(({ path }) => path)).toEqual([]);
  });
});

const withoutFences = (text: string): string => text.replaceAll(/^```[^\n]*\n.*?^```$/gms, '');

/** Whether a link from a page leads somewhere: to a file or a folder, and to a heading in it where it names one. */
function isThere(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(ROOT + file)) return false;
  if (anchor === undefined) return true;
  return [...pageAt(file).text.matchAll(/^#+ (.+)$/gm)].some(
    ([, heading = '']) => anchorOf(heading) === anchor,
  );
}

/** As GitHub makes an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

describe('a decision record', () => {
  const records = DECISIONS.filter(({ path }) => /\/\d{4}-/.test(path));

  it('has the form that docs/decisions/README.md describes', () => {
    expect(records.length).toBeGreaterThan(20);
    expect(records.flatMap(({ path, text }) => faultsOfForm(path, text))).toEqual([]);
  });

  it('is listed in the index by its title and its date', () => {
    const rows = records.map(({ path, text }) => {
      const [, number, title] = TITLE.exec(text) ?? [];
      return `| ${number} [${title}](${path.slice('docs/decisions/'.length)}) | ${DATE.exec(text)?.[1]} |`;
    });
    const { text } = pageAt('docs/decisions/README.md');
    expect(
      text
        .split('\n')
        .filter((line) => /^\| \d/.test(line))
        .toSorted(),
    ).toEqual(rows.sort());
  });
});

const TITLE = /^# (\d{4})\. (.+)$/m;
const DATE = /^- Date: (\d{4}-\d\d-\d\d)$/m;

function faultsOfForm(path: string, text: string): readonly string[] {
  const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  const head = text.split('\n').slice(0, 6);
  const faults = [
    TITLE.exec(head[0] ?? '')?.[1] === /\d{4}/.exec(path)?.[0]
      ? null
      : 'no title `# NNNN. Title` of its number',
    DATE.test(head[2] ?? '') ? null : 'no `- Date: YYYY-MM-DD` in its third line',
    /^- Status: \w/.test(head[3] ?? '') && head[4] === '' ? null : 'no `- Status: …` in its fourth line',
    sections.join() === 'Context,Decision,Consequences'
      ? null
      : 'not the sections Context, Decision, Consequences',
    text.split('\n').length <= 60 ? null : '60 lines or more',
  ];
  return faults.flatMap((fault) => (fault === null ? [] : [`${path}: ${fault}`]));
}
