import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { architectureFaults } from './support/architecture.ts';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

describe('src', () => {
  it('keeps the rules of the house', () => {
    const paths = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.ts'),
    );
    expect(paths.length).toBeGreaterThan(5);
    expect(
      architectureFaults(new Map(paths.map((path) => [path, readFileSync(SRC + path, 'utf8')]))),
    ).toEqual([]);
  });
});

describe('the check of the rules', () => {
  const faults = (sources: Record<string, string>) => architectureFaults(new Map(Object.entries(sources)));

  it.each([
    ['a domain that reads the store', 'domain/a.ts', "import { b } from '../db/b.ts';"],
    ['a store that publishes', 'db/a.ts', "import type { B } from '../live/b.ts';"],
    ['a graph that receives callbacks', 'schema/a.ts', "export { b } from '../callbacks/b.ts';"],
    ['callbacks that know the graph', 'callbacks/a.ts', "const b = await import('../schema/b.ts');"],
    ['a transport that takes callbacks', 'transport/a.ts', "import '../callbacks/b.ts';"],
    ['a part that knows the process', 'gateway.ts', "import {\n  b,\n} from './main.ts';"],
    ['a recorder that reads for viewers', 'db/record/a.ts', "import { b } from '../read/b.ts';"],
    ['an engine that knows a wire', 'transport/engine/a.ts', "import { b } from '../ws/b.ts';"],
    ['a sub-folder without a place', 'db/extra/a.ts', "import { b } from '../read/b.ts';"],
    ['a part without a place', 'extra/a.ts', "import { b } from '../errors.ts';"],
  ])('finds %s', (_, path, text) => {
    expect(faults({ [path]: text })).toHaveLength(1);
  });

  it('finds circles, also those of types', () => {
    const sources = {
      'db/a.ts': "import { b } from './b.ts';",
      'db/b.ts': "import { c } from './c.ts';",
      'db/c.ts': "import type { A } from './a.ts';",
    };
    expect(faults(sources)).toEqual([expect.stringContaining('db/a.ts -> db/b.ts -> db/c.ts -> db/a.ts')]);
  });

  it.each([
    ['a cast', 'const a = b as string;'],
    ['a cast through unknown', 'const a = b as unknown;'],
    ['a default export', 'export default function a() {}'],
    ['a renamed default export', 'export { a as default };'],
    ['the environment read elsewhere', 'const a = process.env.A;'],
  ])('finds %s', (_, text) => {
    expect(faults({ 'db/a.ts': text }).length).toBeGreaterThan(0);
  });

  it('finds a file that is not named in kebab-case', () => {
    expect(faults({ 'db/openStore.ts': '' })).toHaveLength(1);
  });

  it('lets pass what the rules allow', () => {
    const text = [
      "import * as tables from './schema.ts';",
      "import { type A as B, c as d } from '../domain/a.ts';",
      "export const LIST = ['as', 'x as y'] as const;",
      '// shown as it is: import nothing from "../live/b.ts"',
      '/** as this */',
      'const text = `select a as b`;',
      '// cast: the driver types rows as any',
      'const row = rows[0] as Row;',
    ].join('\n');
    expect(faults({ 'db/a.ts': text, 'main.ts': 'start(process.env);' })).toEqual([]);
  });
});
