// Compiles src to dist with TypeScript and removes what no source stands for any more, so that a renamed file's
// old output is never run. Exits with tsc's code.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const dist = 'dist';
const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], {
  stdio: 'inherit',
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
for (const file of readdirSync(dist, { recursive: true })) {
  const source = /^(.*)\.js(\.map)?$/.exec(file)?.[1];
  if (source !== undefined && !existsSync(join('src', `${source}.ts`))) rmSync(join(dist, file));
}
