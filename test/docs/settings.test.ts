import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONFIG_VARIABLES } from '../../src/config/variables.ts';
import { ERROR_CODES } from '../../src/errors.ts';
import { quoted, ROOT, tableRows } from '../support/documents.ts';

/**
 * Each variable and its default as `.env.example` has them, which test/config compares with the code: null where
 * nothing is set.
 */
const EXAMPLE: ReadonlyMap<string, string | null> = new Map(
  [...readFileSync(`${ROOT}.env.example`, 'utf8').matchAll(/^(# )?([A-Z][A-Z_]+)=(.*)$/gm)].map(
    ([, comment, name = '', value = '']) => [name, comment === undefined ? value : null],
  ),
);

const isLimit = (name: string): boolean => name.startsWith('LIMIT_');
const isFile = (name: string): boolean => name.endsWith('_FILE');

/** The first two cells of each row whose first cell is a variable. */
function settingsIn(page: string, heading: string): readonly (readonly [string, string])[] {
  return tableRows(page, heading).flatMap(([name = '', value = '']) => {
    const variable = /^`([A-Z][A-Z_]+)`$/.exec(name)?.[1];
    return variable === undefined ? [] : [[variable, value] as const];
  });
}

describe('docs/configuration.md', () => {
  const shown = settingsIn('docs/configuration.md', '# Configuration');

  it('has every variable with its default, and no other', () => {
    const known = CONFIG_VARIABLES.filter((name) => !isLimit(name) && !isFile(name));
    expect(shown.map(([name]) => name).toSorted()).toEqual(known.toSorted());
    for (const [name, fallback] of shown) {
      const value = EXAMPLE.get(name) ?? null;
      expect(fallback, name).toBe(value === null ? 'none' : `\`${value}\``);
    }
  });

  it('says of every secret that it is one, and of nothing else', () => {
    const rows = tableRows('docs/configuration.md', '# Configuration');
    const secrets = rows.filter(([, , meaning]) => meaning?.endsWith('A secret')).map(([name]) => name);
    const known = CONFIG_VARIABLES.filter(isFile).map((name) => `\`${name.slice(0, -'_FILE'.length)}\``);
    expect(secrets.toSorted()).toEqual(known.toSorted());
  });
});

describe('docs/limits.md', () => {
  it('has every limit with its default, and no other', () => {
    const shown = settingsIn('docs/limits.md', '# Limits');
    const known = [...EXAMPLE].filter(([name]) => isLimit(name));
    expect(shown.toSorted()).toEqual(known.toSorted());
    expect(shown.length).toBeGreaterThan(15);
  });
});

describe('docs/subscriptions.md', () => {
  it('explains every error code of Callboard', () => {
    const shown = tableRows('docs/subscriptions.md', '## Errors').flatMap(([codes = '']) => quoted(codes));
    expect(shown).toEqual(expect.arrayContaining([...ERROR_CODES]));
  });
});
