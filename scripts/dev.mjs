// Rebuilds on every change and restarts the gateway; type errors are shown beside it. One Ctrl-C ends all.
import { spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { bundleOnChange, PROGRAMS } from './bundle.mjs';

const run = (...args) => spawn(process.execPath, args, { stdio: 'inherit' });

// For the prepared store of PGlite; errors of the sources are shown again below.
spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'ignore' });
// From here on dist follows the sources, wherever that is interrupted: the next build must not trust it.
rmSync('dist/.sources', { force: true });

const types = run(...['node_modules/typescript/bin/tsc', '-p', '.', '--watch', '--preserveWatchOutput']);
let gateway;
const bundler = bundleOnChange(PROGRAMS, 'dist', {
  // It restarts by itself whenever a file that it has loaded is another.
  onBuilt: () => (gateway ??= run('--watch', 'dist/main.js')),
  onError: (error) => console.error(error.message),
});
const end = () => bundler.close();
process.on('SIGTERM', () => {
  types.kill('SIGTERM');
  gateway?.kill('SIGTERM');
  end();
});
// Ctrl-C reaches the children by itself: a second signal would cut the gateway's drain short.
process.on('SIGINT', end);
