// Packs the package as `npm pack` does and looks at what would be published: its files, publint and attw. Prints what is
// wrong and exits 1.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Everything that is published; dist has more files than can be named. */
const EXPECTED = [
  /^(CHANGELOG\.md|CONTRIBUTING\.md|LICENSE|README\.md|package\.json)$/,
  /^docs\/(decisions\/)?[\w-]+\.(md|webp)$/,
  /^dist\/.*\.js$/,
  // Of the packages that are joined with ours.
  /^dist\/(THIRD-PARTY-LICENCES\.txt|callboard\.cdx\.json)$/,
  /^dist\/store-template-[0-9a-f]+\.tar\.gz$/,
  /^drizzle\/\d+_\w+\/(migration\.sql|snapshot\.json)$/,
  /^scenarios\/[a-z-]+(\.schema)?\.json$/,
];
const NEEDED = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'dist/main.js',
  'dist/callboard.js',
  'scenarios/happy.json',
];

// What is published is built first.
spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
const folder = mkdtempSync(join(tmpdir(), 'callboard-pack-'));
const run = (command, ...args) => spawnSync(command, args, { encoding: 'utf8', shell: false });
const complain = (line) => {
  console.error(line);
  process.exitCode = 1;
};
try {
  const packed = run('npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  if (packed.status !== 0) throw new Error(`npm pack: ${packed.stderr}`);
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const names = files.map(({ path }) => path);
  for (const name of names)
    if (!EXPECTED.some((one) => one.test(name))) complain(`published, but it should not be: ${name}`);
  for (const name of NEEDED) if (!names.includes(name)) complain(`not published: ${name}`);
  // The README's picture, and every page that it links to: a person reads them where the package is installed.
  const readme = readFileSync('README.md', 'utf8');
  for (const [, target] of readme.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
    if (!names.includes(target)) complain(`not published, but README links to it: ${target}`);
  const tarball = join(folder, filename);
  for (const [name, manifest, program, ...words] of [
    ['publint', import.meta.resolve('publint'), './cli.js', 'run', tarball, '--strict'],
    ['attw', import.meta.resolve('@arethetypeswrong/cli/package.json'), 'dist/index.js', tarball],
  ]) {
    const { status, stdout, stderr } = run(
      process.execPath,
      fileURLToPath(new URL(program, manifest)),
      ...words,
    );
    if (status !== 0) complain(`${name}:\n${stdout}${stderr}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
