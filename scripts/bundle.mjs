// What the build and the tests have in common: how programs of this package are joined with the packages that they
// import (docs/decisions/0036).
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown, watch } from 'rolldown';
import { contents } from './contents.mjs';

/** What people run, by the name of its file in dist. Parts that a program imports lazily become files beside it. */
export const PROGRAMS = {
  main: 'src/main.ts',
  callboard: 'src/callboard.ts',
};

/** Stays a package: it reads the files beside its own. What the bundle needs is in `dependencies`, and only that. */
const UNBUNDLED = [/^@electric-sql\/pglite/];

const PACKAGES = resolve('node_modules');

const input = (programs) => ({
  input: programs,
  platform: 'node',
  external: UNBUNDLED,
  logLevel: 'silent',
  plugins: [contents()],
});

const output = {
  format: 'esm',
  // Names of classes and functions appear in logs.
  keepNames: true,
  sourcemap: true,
  sourcemapExcludeSources: true,
  entryFileNames: '[name].js',
  chunkFileNames: 'parts/[name]-[hash].js',
};

/** Joins programs into files, in memory: a list of `{ fileName, content }`, those that others import first. */
export async function bundle(programs) {
  const build = await rolldown(input(programs));
  try {
    const { output: files } = await build.generate(output);
    return files
      .sort((a, b) => Number(a.isEntry ?? false) - Number(b.isEntry ?? false))
      .map((file) => ({ fileName: file.fileName, content: file.type === 'chunk' ? file.code : file.source }));
  } finally {
    await build.close();
  }
}

/** Writes the programs again on every change of what they are made of; `onBuilt` is called after each time. */
export function bundleOnChange(programs, dir, { onBuilt, onError }) {
  const watcher = watch({ ...input(programs), output: { ...output, dir } });
  watcher.on('event', async (event) => {
    if (event.code === 'BUNDLE_END') {
      await event.result.close();
      onBuilt();
    } else if (event.code === 'ERROR') onError(event.error);
  });
  return watcher;
}

/**
 * Joins modules of this repository with each other, but not with packages: the folder must lie in node_modules, so that
 * they find those. Each becomes a file by its name.
 */
export async function joinSources(programs, folder) {
  const build = await rolldown({ input: programs, platform: 'node', external: /^[^./]/, logLevel: 'silent' });
  try {
    await build.write({ dir: folder, format: 'esm', entryFileNames: '[name].js' });
  } finally {
    await build.close();
  }
}

let sources = 0;

/** Imports a module of src as it is now, for scripts; it shares the packages of node_modules with the script. */
export async function importSource(path) {
  // A name of its own: Node imports a file once.
  sources += 1;
  const name = `source-${sources}`;
  const folder = join(PACKAGES, `.callboard-source-${process.pid}`);
  try {
    await joinSources({ [name]: path }, folder);
    return await import(pathToFileURL(join(folder, `${name}.js`)).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
