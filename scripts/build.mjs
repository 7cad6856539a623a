// Joins src and the packages that it imports to dist, and makes the store that new PGlite folders begin as, where its
// migrations or PGlite have changed. Types are checked by `npm run check`. A dist that was made of these very sources
// is left as it is, so that an install without development dependencies starts.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const dist = 'dist';
/** What dist was made of: written last, so that a build that failed or was ended half-way counts for nothing. */
const made = join(dist, '.sources');

const filesIn = (folder, end) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(end))
    .map((file) => join(folder, file));
const hash = createHash('sha256');
for (const file of [
  'package-lock.json',
  ...filesIn('src', '.ts'),
  ...filesIn('drizzle', '.sql'),
  ...filesIn('scripts', '.mjs'),
].sort())
  hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
const digest = hash.digest('hex');

if (existsSync(made)) {
  // The digest, then the files.
  const [of, ...files] = readFileSync(made, 'utf8').split('\n');
  if (of === digest && files.every((file) => existsSync(join(dist, file)))) process.exit(0);
}
if (!existsSync('node_modules/rolldown')) {
  const state = existsSync(made) ? 'was made of other sources' : 'is not there';
  console.error(`callboard: dist ${state}, and there is no bundler (installed with --omit=dev?):`);
  console.error('copy a dist that was built of these sources, or build it here: npm ci && npm run build');
  process.exit(1);
}
rmSync(made, { force: true });
const { bundle, importSource, PROGRAMS } = await import('./bundle.mjs');

/** Renamed into place, so that a file is never half written, also where two builds make it at once. */
function put(file, content) {
  const partial = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(partial, content);
  renameSync(partial, file);
}
const files = await bundle(PROGRAMS);
for (const { fileName, content } of files) put(join(dist, fileName), content);

const kept = new Set(files.map(({ fileName }) => fileName));
try {
  const { makeTemplate } = await importSource('src/db/pglite/make-template.ts');
  kept.add(basename(await makeTemplate()));
} catch (error) {
  // The gateway does without it, only slower; it says so when it starts.
  console.error('build: the prepared store could not be made:', error);
}
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && !kept.has(relative(dist, file))) rmSync(file);
}
put(made, [digest, ...files.map(({ fileName }) => fileName)].join('\n'));
