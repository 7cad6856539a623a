// Everything that can be checked without running the gateway. Each check runs, also when others fail; what failed is
// shown with the command that mends it.
import { spawn } from 'node:child_process';

const CHECKS = [
  {
    name: 'types',
    command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'],
    mend: 'correct the types above, then: npm run check',
  },
  {
    name: 'format and lint',
    command: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
    mend: 'npm run format',
  },
  {
    name: 'architecture',
    command: ['node_modules/vitest/vitest.mjs', 'run', 'test/architecture.test.ts'],
    mend: 'correct the lines above, then: npx vitest run test/architecture.test.ts',
  },
  {
    name: 'dead surface',
    command: ['node_modules/knip/bin/knip.js', '--no-progress'],
    mend: 'remove what nothing uses (or its `export`), then: npx knip',
  },
  { name: 'migrations', command: ['scripts/migrations-check.mjs'], mend: 'npm run db:generate' },
  {
    name: 'schema.graphql',
    command: ['scripts/schema-print.mjs', '--check'],
    mend: 'npm run schema:print',
  },
  {
    name: 'scenarios',
    after: ['scripts/build.mjs'],
    command: ['scripts/scenario-schema.mjs', '--check'],
    mend: 'npm run scenarios:schema',
  },
  {
    name: 'package',
    after: ['scripts/build.mjs'],
    command: ['scripts/package-check.mjs'],
    mend: 'correct `files` or the fields of package.json, then: node scripts/package-check.mjs',
  },
  {
    name: 'schema lint',
    command: [
      'node_modules/eslint/bin/eslint.js',
      '--config',
      'scripts/schema-lint.config.mjs',
      '--max-warnings=0',
      'schema.graphql',
    ],
    mend: 'correct the lines above where src/schema defines them, then: npm run schema:print',
  },
  {
    name: 'breaking changes',
    command: ['scripts/schema-breaking.mjs'],
    mend: 'put back what was taken away (npm run schema:print), or raise the major version: npm version major --no-git-tag-version',
  },
];

function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    child.once('close', (code) => resolve({ passed: code === 0, output }));
  });
}

async function runCheck({ name, command, mend }) {
  return { name, mend, ...(await run(command)) };
}

const results = await Promise.all(CHECKS.map(runCheck));
const failures = results.filter((result) => !result.passed);
for (const { name, output, mend } of failures)
  console.error(`\n✗ ${name}\n${output.trim()}\n  to mend it: ${mend}`);
console.log(`\n${results.map(({ name, passed }) => `${passed ? '✓' : '✗'} ${name}`).join('\n')}`);
console.log(`check: ${results.length - failures.length} of ${results.length} hold`);
process.exitCode = failures.length > 0 ? 1 : 0;
