// Runs the tests on the oldest Node that is supported, on that of the image, and on the newest line; each from npm's package
// `node`. Words behind `--` are test files; without any, all of them run.
//   npm run test:nodes -- test/domain test/e2e/lame-duck.test.ts
import { spawnSync } from 'node:child_process';

const VERSIONS = ['20.19.0', '24.21.0', '26.10.0'];

const results = VERSIONS.map((version) => {
  const words = [
    '--yes',
    '--package',
    `node@${version}`,
    '--',
    'node',
    'node_modules/vitest/vitest.mjs',
    'run',
  ];
  const { status } = spawnSync('npx', [...words, ...process.argv.slice(2)], { stdio: 'inherit' });
  return { version, passed: status === 0 };
});
for (const { version, passed } of results) console.log(`${passed ? '✓' : '✗'} Node ${version}`);
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
