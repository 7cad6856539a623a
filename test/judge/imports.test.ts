import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const HERE = fileURLToPath(new URL('./', import.meta.url));
const library = readdirSync(HERE).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));

describe('the library of the judge', () => {
  it('imports nothing but its own files, so that it knows no rule of the product', () => {
    expect(library.length).toBeGreaterThan(10);
    const imports = library.flatMap((name) =>
      [...readFileSync(HERE + name, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(
        ([, path]) => `${name}: ${path}`,
      ),
    );
    expect(imports.length).toBeGreaterThan(10);
    expect(imports.filter((line) => !/: \.\/[a-z-]+\.ts$/.test(line))).toEqual([]);
  });

  it('reads no clock and draws nothing but from its seed', () => {
    const impure = library.filter((name) =>
      /Math\.random|Date\.|new Date|performance\.|crypto|process\.|setTimeout/.test(
        readFileSync(HERE + name, 'utf8'),
      ),
    );
    expect(impure).toEqual([]);
  });
});
