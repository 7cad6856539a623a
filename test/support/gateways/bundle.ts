import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What tests run in a process of its own, as the build left it or around what the build left. */
const ENTRIES = [
  'dist/main.js',
  'dist/commands/forget.js',
  'dist/commands/migrate.js',
  'dist/commands/rebuild.js',
  'dist/commands/replay.js',
  'test/support/gateways/killed-at-event.mjs',
  'test/support/stores/open-and-die.mjs',
];

export interface Bundle {
  /** Holds each entry by the name of its file: `main.js`, `migrate.js`, … */
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Joins the built gateway and the packages it imports into a few files: loading 700 modules one by one takes 0.7 s of
 * processor time of each process, loading these 0.3 s. PGlite and GraphiQL's page stay packages: both are loaded
 * only where they are used, and PGlite reads the files beside its own.
 *
 * The files lie as deep in the package as those of `dist/config/`, because `src/config/package-files.ts` finds the
 * package by its own place. Null where nothing was built.
 */
export async function bundleGateway(): Promise<Bundle | null> {
  const entries = ENTRIES.map((entry) => join(ROOT, entry));
  if (!existsSync(join(ROOT, 'dist/main.js'))) return null;
  const folder = await mkdtemp(join(ROOT, 'node_modules/.callboard-'));
  const build = await rolldown({
    input: Object.fromEntries(entries.map((path) => [basename(path).replace(/\.m?js$/, ''), path])),
    platform: 'node',
    external: [/^@electric-sql\/pglite/, '@graphql-yoga/render-graphiql'],
    logLevel: 'silent',
  });
  await build.write({ dir: folder, format: 'esm', keepNames: true });
  await build.close();
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
