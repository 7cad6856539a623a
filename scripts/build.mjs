// Compiles src to dist with TypeScript and removes what no source stands for any more, so that a renamed file's
// old output is never run. Then makes the store that new PGlite folders begin as, where its migrations or PGlite have
// changed. Exits with tsc's code.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

const dist = 'dist';
const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], {
  stdio: 'inherit',
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
for (const file of readdirSync(dist, { recursive: true })) {
  const source = /^(.*)\.js(\.map)?$/.exec(file)?.[1];
  if (source !== undefined && !existsSync(join('src', `${source}.ts`))) rmSync(join(dist, file));
}

const { findTemplate, templateFile } = await import('../dist/db/store-template.js');
if (findTemplate() === null) {
  try {
    const { makeTemplate } = await import('../dist/db/make-template.js');
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
