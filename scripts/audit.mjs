// Asks the registry for known weaknesses of the packages that are published or bundled: `npm audit`. A registry that does
// not answer such questions is no clean result: then this says so, and exits 2. 0 is "none known", 1 is "some known".
import { spawnSync } from 'node:child_process';

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });

/** What npm printed, or null where it is no JSON. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const report = parsed(stdout);
const counts = report?.metadata?.vulnerabilities;
if (report?.vulnerabilities === undefined || counts === undefined) {
  const why = [report?.error?.summary, report?.message, stderr.trim().split('\n')[0]].find((text) => text);
  console.error(`not audited: the registry gave no answer to npm audit (${why ?? 'nothing was said'})`);
  process.exitCode = 2;
} else {
  for (const [name, { severity, range }] of Object.entries(report.vulnerabilities))
    console.error(`${severity}: ${name} ${range}`);
  console.log(`audited: ${counts.total} known weaknesses in ${report.metadata.dependencies.prod} packages`);
  process.exitCode = counts.total > 0 ? 1 : 0;
}
