import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { closeLater } from '../support/closing.ts';
import { readDockerfile } from '../support/container/dockerfile.ts';
import { command, ROOT } from '../support/documents.ts';
import { LONG } from '../support/long.ts';
import { runShell, runToEnd } from '../support/shell.ts';
import { tempFolder } from '../support/stores/temp-folder.ts';

const Package = z.object({ version: z.string(), engines: z.object({ node: z.string() }) });
const { version, engines } = Package.parse(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')));
const Lock = z.object({
  packages: z.record(z.string(), z.object({ version: z.string(), dev: z.boolean().optional() })),
});
const Sbom = z.object({
  bomFormat: z.literal('CycloneDX'),
  metadata: z.object({
    component: z.object({ name: z.string(), version: z.string(), type: z.literal('application') }),
  }),
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      purl: z.string(),
      licenses: z.array(z.unknown()).min(1),
      hashes: z.array(z.object({ alg: z.literal('SHA-512'), content: z.string() })),
    }),
  ),
});

/** What runs, made by the build. */
const LIST = 'dist/callboard.cdx.json';

/** A folder with what npm asks of the package: nothing is written beside it. */
async function packageFolder(): Promise<string> {
  const folder = await tempFolder();
  for (const name of ['package.json', 'package-lock.json', 'scripts'])
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await cp(join(ROOT, LIST), join(folder, LIST));
  return folder;
}

it('the list of what is in it names what is bundled and what is installed, with version, licence and hash', async () => {
  const { components, metadata } = Sbom.parse(JSON.parse(await readFile(join(ROOT, LIST), 'utf8')));
  expect(metadata.component).toMatchObject({ name: 'callboard', version });
  const listed = components.map(({ name, version: of }) => `${name}@${of}`);
  const { packages } = Lock.parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
  const locked = new Set(
    Object.entries(packages).map(
      ([path, { version: of }]) => `${path.replace(/^.*node_modules\//, '')}@${of}`,
    ),
  );
  expect(listed.filter((name) => !locked.has(name))).toEqual([]);
  const licences = await readFile(join(ROOT, 'dist/THIRD-PARTY-LICENCES.txt'), 'utf8');
  const bundled = [...licences.matchAll(/^(@?[\w./-]+) (\d+\.\d+\.\S+) \(/gm)].map(
    ([, name, of]) => `${name}@${of}`,
  );
  const pglite = `@electric-sql/pglite@${packages['node_modules/@electric-sql/pglite']?.version}`;
  expect(listed.toSorted()).toEqual([...bundled, pglite].sort());
  for (const name of ['graphql', 'graphql-yoga', 'postgres', '@pothos/core'])
    expect(listed.some((one) => one.startsWith(`${name}@`))).toBe(true);
  for (const { purl, hashes } of components) {
    expect(purl).toMatch(/^pkg:npm\/(%40[\w-]+\/)?[\w.-]+@\d/);
    expect(hashes[0]?.content).toMatch(/^[0-9a-f]{128}$/);
  }
});

describe('npm run audit', () => {
  const ADVISORY = {
    id: 1,
    url: 'https://example.com/advisory',
    title: 'a weakness',
    severity: 'high',
    vulnerable_versions: '*',
    cwe: [],
    cvss: { score: 0, vectorString: null },
  };

  /** Runs the page's command against a registry that answers like this. */
  async function audit(
    status: number,
    answer: object,
    list: object | null = null,
  ): Promise<{ code: number | null; output: string }> {
    const registry = createServer((request, response) => {
      request.resume();
      const isBulk = request.url?.endsWith('/advisories/bulk') === true;
      response.writeHead(isBulk ? status : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isBulk ? answer : {}));
    }).listen(0, '127.0.0.1');
    closeLater(async () => void registry.close());
    await new Promise((resolve) => registry.once('listening', resolve));
    const address = registry.address();
    const port = typeof address === 'object' ? address?.port : null;
    const folder = await packageFolder();
    if (list !== null) await writeFile(join(folder, LIST), JSON.stringify(list));
    const env = { npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_fetch_retries: '0' };
    const { lines, exited } = runShell(`{ ${command('audit')} } 2>&1`, { env, cwd: folder });
    const code = await exited;
    const printed: string[] = [];
    while (lines.size > 0) printed.push(await lines.next());
    registry.closeAllConnections();
    return { code, output: printed.join('\n') };
  }

  it('never calls a result clean where the registry does not answer', async () => {
    const { code, output } = await audit(405, { error: 'Method Not Allowed' });
    expect(code).toBe(2);
    expect(output).toMatch(/not audited: .*405/);
    expect(output).not.toContain('audited: 0');
  });

  it('says how many weaknesses are known, and fails where there are some', async () => {
    expect(await audit(200, {})).toMatchObject({
      code: 0,
      output: expect.stringMatching(/\naudited: 0 known weaknesses in \d+ packages$/),
    });
    const found = await audit(200, { zod: [ADVISORY] });
    expect(found.code).toBe(1);
    expect(found.output).toContain('high: zod');
    // Nobody runs it.
    expect(await audit(200, { vite: [ADVISORY] })).toMatchObject({ code: 0 });
  });

  it('looks at nothing but what was built of this lock file', async () => {
    const { code, output } = await audit(200, {}, { components: [{ name: 'zod', version: '0.0.1' }] });
    expect([code, output]).toEqual([2, expect.stringContaining('not of this lock file: npm run build')]);
  });
});

describe('npm run test:nodes', () => {
  const text = readFileSync(`${ROOT}scripts/test-nodes.mjs`, 'utf8');
  const [, list = ''] = /VERSIONS = \[(.*)\]/.exec(text) ?? [];
  const versions = list.match(/\d+\.\d+\.\d+/g) ?? [];

  it('tests the oldest Node that is supported, that of the image, and 26', () => {
    expect(`>=${versions[0]}`).toBe(engines.node);
    const [image] = readDockerfile(`${ROOT}Dockerfile`).slice(-1);
    expect(image?.image).toContain(`node:${versions[1]}-`);
    expect(versions.map((one) => Number(one.split('.')[0]))).toEqual([20, 24, 26]);
  });

  it.runIf(LONG)('runs a file on each of them', { timeout: 300_000 }, async () => {
    const lines = await runToEnd(command('test-nodes'));
    expect(lines.slice(-3)).toEqual(versions.map((one) => `✓ Node ${one}`));
  });
});

it('what would be published holds the built command and nothing of the tests', async () => {
  const { stderr, status } = spawnSync('bash', ['-ec', `${command('pack').trim()} --ignore-scripts`], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stderr).toContain('dist/callboard.js');
  expect(stderr).not.toMatch(/ (test|src)\//);
});

it('is not published without the address by which npm finds the picture', async () => {
  const folder = await packageFolder();
  const publish = () => spawnSync('npm', ['run', 'prepublishOnly'], { cwd: folder, encoding: 'utf8' });
  expect(publish()).toMatchObject({ status: 1, stderr: expect.stringContaining('has no `repository`') });
  const set = ['pkg', 'set', 'repository.type=git', 'repository.url=git+https://example.com/callboard.git'];
  expect(spawnSync('npm', set, { cwd: folder }).status).toBe(0);
  expect(publish()).toMatchObject({ status: 0 });
});

it('the changelog has a section for this version, first', async () => {
  const [first] = (await readFile(`${ROOT}CHANGELOG.md`, 'utf8')).match(/^## .*$/m) ?? [];
  expect(first).toMatch(
    new RegExp(`^## ${version.replaceAll('.', '\\.')} \\((unreleased|\\d{4}-\\d\\d-\\d\\d)\\)$`),
  );
});
