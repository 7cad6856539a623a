import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../../scripts/bundle.mjs';
import { isAlive } from '../processes.ts';

const PACKAGES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
/** Of the folders, before the id of the process that made it. */
const PREFIX = '.callboard-tests-';

/** What tests run in processes of their own, beside what people run. */
const PROGRAMS = ['test/support/gateways/killed-at-event.mjs', 'test/support/stores/open-and-die.mjs'];

export interface Bundle {
  /** Holds each program by the name of its file: `killed-at-event.js`, … */
  readonly folder: string;
  remove(): Promise<void>;
}

/** Joins the tests' own programs with src and its packages, as the build does with the gateway. */
export async function bundlePrograms(): Promise<Bundle> {
  await removeAbandoned();
  const folder = join(PACKAGES, `${PREFIX}${process.pid}`);
  const programs = Object.fromEntries(PROGRAMS.map((path) => [basename(path, extname(path)), path]));
  for (const { fileName, content } of await bundle(programs)) {
    await mkdir(dirname(join(folder, fileName)), { recursive: true });
    await writeFile(join(folder, fileName), content);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Removes the folders of runs that were killed. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(PACKAGES)) {
    if (!name.startsWith(PREFIX) || isAlive(Number(name.slice(PREFIX.length)))) continue;
    await rm(join(PACKAGES, name), { recursive: true, force: true });
  }
}
