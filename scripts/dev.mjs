// Rebuilds on every change and restarts the gateway; one Ctrl-C ends both.
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

const run = (...args) => spawn(process.execPath, args, { stdio: 'inherit' });
const tsc = 'node_modules/typescript/bin/tsc';

// The gateway needs something to run; errors are shown again by the watching compiler.
spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'ignore' });
// From here on dist follows the watching compiler, wherever that is interrupted: the next build must not trust it.
rmSync('dist/.sources', { force: true });
const children = [run(tsc, '-p', '.', '--watch', '--preserveWatchOutput'), run('--watch', 'dist/main.js')];
process.on('SIGTERM', () => {
  for (const child of children) child.kill('SIGTERM');
});
// Ctrl-C reaches the children by itself: a second signal would cut the gateway's drain short.
process.on('SIGINT', () => {});
