// Fails where the tables in src/db/schema.ts are not what the migrations in drizzle/ make: generates into a copy and
// looks whether anything new comes out.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const copy = mkdtempSync(join(tmpdir(), 'callboard-migrations-'));
const kit = (...args) => {
  const command = ['node_modules/drizzle-kit/bin.cjs', ...args, '--dialect', 'postgresql', '--out', copy];
  const done = spawnSync(process.execPath, command, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  if (done.status === 0) return true;
  console.error(`${done.stdout}${done.stderr}`.trim());
  return false;
};
try {
  cpSync('drizzle', copy, { recursive: true });
  const before = new Set(readdirSync(copy));
  const sound = kit('check') && kit('generate', '--schema', './src/db/schema.ts');
  const missing = readdirSync(copy).filter((name) => !before.has(name));
  for (const name of missing) {
    console.error('src/db/schema.ts says more than the migrations:');
    console.error(readFileSync(join(copy, name, 'migration.sql'), 'utf8').trim());
  }
  if (!sound || missing.length > 0) process.exitCode = 1;
} finally {
  rmSync(copy, { recursive: true });
}
