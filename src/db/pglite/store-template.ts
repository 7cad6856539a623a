import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILD_FOLDER, MIGRATIONS_FOLDER } from '../../config/package-files.ts';

/** Raised with every change of make-template.ts that gives another folder for the same migrations. */
const EDITION = '1';

/**
 * The path of this version's template: a PGlite data folder, migrated and empty, as tar.gz. Its name is derived from
 * all that it depends on (the migrations and PGlite's release), so that an outdated template is never used.
 */
export function templateFile(): string {
  const pglite = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  const hash = createHash('sha256')
    .update(EDITION)
    .update(readFileSync(join(pglite, '../package.json')));
  for (const entry of readdirSync(MIGRATIONS_FOLDER, { withFileTypes: true }).sort(byName)) {
    const sql = new URL(`${entry.name}/migration.sql`, MIGRATIONS_FOLDER);
    if (entry.isDirectory() && existsSync(sql)) hash.update(entry.name).update(readFileSync(sql));
  }
  return fileURLToPath(new URL(`store-template-${hash.digest('hex').slice(0, 16)}.tar.gz`, BUILD_FOLDER));
}

/** The template's file; null where the build left none, or only an outdated one. */
export function findTemplate(): string | null {
  const file = templateFile();
  return existsSync(file) ? file : null;
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;
