// Asks the registry for known weaknesses of the packages that are bundled or installed with the package: `npm audit`. A
// registry that does not answer such questions is no clean result: then this says so, and exits 2. 0 is "none known", 1 is
// "some known".
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Made by the build: what it holds, and what an install brings. */
const LIST = 'dist/callboard.cdx.json';

/** What npm printed, or null where it is no JSON. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function end(code, ...lines) {
  for (const line of lines) (code === 0 ? console.log : console.error)(line);
  process.exit(code);
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const locked = new Set(
  Object.entries(packages).map(
    ([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`,
  ),
);
const run = new Set(
  existsSync(LIST)
    ? JSON.parse(readFileSync(LIST, 'utf8')).components.map(({ name, version }) => `${name}@${version}`)
    : [],
);
if (run.size === 0 || [...run].some((name) => !locked.has(name)))
  end(2, `not audited: ${LIST} is not of this lock file: npm run build`);

// Of the development dependencies too: those that are bundled are among them.
const { stdout, stderr } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8' });
const report = parsed(stdout);
if (report?.vulnerabilities === undefined) {
  const why = [report?.error?.summary, report?.message, stderr.trim().split('\n')[0]].find((text) => text);
  end(2, `not audited: the registry gave no answer to npm audit (${why ?? 'nothing was said'})`);
}
const found = Object.entries(report.vulnerabilities).filter(([name, { nodes }]) =>
  nodes.some((path) => run.has(`${name}@${packages[path]?.version}`)),
);
for (const [name, { severity, range }] of found) console.error(`${severity}: ${name} ${range}`);
end(found.length > 0 ? 1 : 0, `audited: ${found.length} known weaknesses in ${run.size} packages`);
