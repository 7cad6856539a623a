// Compiles src to dist with TypeScript and removes what no source stands for any more, so that a renamed file's
// old output is never run. Then makes the store that new PGlite folders begin as, where its migrations or PGlite have
// changed. Exits with tsc's code. A dist that was made of these very sources is left as it is, so that an install
// without development dependencies starts.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const dist = 'dist';
/** What dist was made of: written last, so that a build that failed or was ended half-way counts for nothing. */
const made = join(dist, '.sources');
const compiler = 'node_modules/typescript/bin/tsc';

const sources = readdirSync('src', { recursive: true }).filter((file) => file.endsWith('.ts'));
const migrations = readdirSync('drizzle', { recursive: true }).filter((file) => file.endsWith('.sql'));
const hash = createHash('sha256');
for (const file of [
  'tsconfig.json',
  ...sources.map((file) => join('src', file)),
  ...migrations.map((file) => join('drizzle', file)),
].sort())
  hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
const digest = hash.digest('hex');

const output = (file) => join(dist, file.replace(/\.ts$/, '.js'));
const isMade = existsSync(made) && readFileSync(made, 'utf8') === digest;
if (isMade && sources.every((file) => existsSync(output(file)))) process.exit(0);
if (!existsSync(compiler)) {
  const state = existsSync(made) ? 'was made of other sources' : 'is not there';
  console.error(`callboard: dist ${state}, and there is no compiler (installed with --omit=dev?):`);
  console.error('copy a dist that was built of these sources, or build it here: npm ci && npm run build');
  process.exit(1);
}
rmSync(made, { force: true });
const compiled = spawnSync(process.execPath, [compiler, '-p', '.'], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
for (const file of readdirSync(dist, { recursive: true })) {
  const source = /^(.*)\.js(\.map)?$/.exec(file)?.[1];
  if (source !== undefined && !existsSync(join('src', `${source}.ts`))) rmSync(join(dist, file));
}

const { findTemplate, templateFile } = await import('../dist/db/pglite/store-template.js');
if (findTemplate() === null) {
  try {
    const { makeTemplate } = await import('../dist/db/pglite/make-template.js');
    await makeTemplate();
  } catch (error) {
    // The gateway does without it, only slower; it says so when it starts.
    console.error('build: the prepared store could not be made:', error);
  }
}
for (const file of readdirSync(dist)) {
  const isTemplate = /^store-template-.*\.tar\.gz$/.test(file);
  if (isTemplate && file !== basename(templateFile())) rmSync(join(dist, file));
}
writeFileSync(made, digest);
