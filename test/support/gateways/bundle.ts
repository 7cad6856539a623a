import { readdir, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PACKAGES = join(ROOT, 'node_modules');
/** Of the folders, before the id of the process that made it. */
const PREFIX = '.callboard-tests-';

/** What tests run in processes of their own. */
const PROGRAMS = [
  'src/main.ts',
  'src/commands/forget.ts',
  'src/commands/migrate.ts',
  'src/commands/rebuild.ts',
  'src/commands/replay.ts',
  'test/support/gateways/killed-at-event.mjs',
  'test/support/stores/open-and-die.mjs',
];

export interface Bundle {
  /** Holds each program by the name of its file: `main.js`, `migrate.js`, … */
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Joins the gateway's sources and the packages that they import into a few files: to load 700 modules one by one takes
 * 0.75 s of processor time of each process, to load these 0.3 s. PGlite and GraphiQL's page stay packages: both are
 * loaded only where they are used, and PGlite reads the files beside its own.
 *
 * The files lie as deep in the package as those of `dist/config/`, because `src/config/package-files.ts` finds the
 * package by its own place.
 */
export async function bundleGateway(): Promise<Bundle> {
  await removeAbandoned();
  const folder = join(PACKAGES, `${PREFIX}${process.pid}`);
  const build = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(PROGRAMS.map((path) => [basename(path, extname(path)), path])),
    platform: 'node',
    external: [/^@electric-sql\/pglite/, '@graphql-yoga/render-graphiql'],
    logLevel: 'silent',
  });
  await build.write({ dir: folder, format: 'esm', keepNames: true });
  await build.close();
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Removes the folders of runs that were killed. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(PACKAGES)) {
    if (!name.startsWith(PREFIX) || isAlive(Number(name.slice(PREFIX.length)))) continue;
    await rm(join(PACKAGES, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
