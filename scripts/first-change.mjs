// Prints how long a stranger waits for the first live change: with `npx` from what `npm pack` makes, in an empty folder, and
// by the README's commands in a fresh clone of what is committed; first with an empty cache of npm, then with that cache
// again. The time to clone is that of a clone on this disk. Takes minutes, and the network.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WITHIN_MS = 300_000;
const SUBSCRIPTION = 'subscription { sessionStatusChanged { kind } }';

const folder = mkdtempSync(join(tmpdir(), 'callboard-first-change-'));
const cache = join(folder, 'cache');
const env = { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_cache: cache, PORT: '0' };
try {
  const words = ['pack', '--silent', '--pack-destination', folder];
  const tarball = join(folder, execFileSync('npm', words, { cwd: ROOT, encoding: 'utf8' }).trim());
  await print('npx, empty cache', () => byNpx('npx-cold', tarball));
  await print('npx, installed', () => byNpx('npx-installed', tarball));
  rmSync(join(cache, '_npx'), { recursive: true });
  await print('npx, warm cache', () => byNpx('npx-warm', tarball));
  rmSync(cache, { recursive: true });
  await print('clone, empty cache', () => byReadme('clone-cold'));
  await print('clone, warm cache', () => byReadme('clone-warm'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function print(what, measure) {
  const { ready, change } = await measure();
  console.log(`${what}: ready after ${ready.toFixed(1)} s, first live change after ${change.toFixed(1)} s`);
}

/** `npx callboard demo` in an empty folder, of the tarball instead of the registry's package. */
async function byNpx(name, tarball) {
  const cwd = emptyFolder(name);
  const seconds = stopwatch();
  const demo = run(`npx --yes --package=${tarball} callboard demo --port 0`, cwd);
  try {
    const url = new URL(await demo.find(/http:\S+\/demo/));
    const ready = seconds();
    await firstChange(url.origin);
    return { ready, change: seconds() };
  } finally {
    await demo.stop();
  }
}

/** What the README says below its first screen, from the clone on: its own commands, at a free port. */
async function byReadme(name) {
  const cwd = emptyFolder(name);
  const seconds = stopwatch();
  execFileSync('git', ['clone', '--quiet', ROOT, '.'], { cwd });
  const readme = readFileSync(join(cwd, 'README.md'), 'utf8');
  const gateway = run('npm ci && npm start', cwd);
  try {
    const url = (await gateway.find(/"url":"(http[^"]+)"/)).replace(/\/$/, '');
    const ready = seconds();
    const block = (mark) => blockOf(readme, mark).replaceAll('http://127.0.0.1:4000', url);
    const reader = run(block('run=subscribe'), cwd);
    try {
      await reader.find(/"kind":"SNAPSHOT"/);
      execFileSync('bash', ['-ec', block('run=post')], { cwd, env });
      await reader.find(/"kind":"STATUS"/);
      return { ready, change: seconds() };
    } finally {
      await reader.stop();
    }
  } finally {
    await gateway.stop();
  }
}

function blockOf(readme, mark) {
  const found = new RegExp(`^\`\`\`sh ${mark}\n(.*?)^\`\`\`$`, 'ms').exec(readme)?.[1];
  if (found === undefined) throw new Error(`the README has no block ${mark}`);
  return found;
}

function emptyFolder(name) {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

function stopwatch() {
  const begun = performance.now();
  return () => (performance.now() - begun) / 1_000;
}

/** Resolves with the first change that is sent live, after the opening message. */
async function firstChange(origin) {
  const search = new URLSearchParams({ query: SUBSCRIPTION });
  const stop = new AbortController();
  const headers = { accept: 'text/event-stream' };
  const { body } = await fetch(`${origin}/graphql?${search}`, { headers, signal: stop.signal });
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/"kind":"(?!SNAPSHOT)/.test(text)) break;
  }
}

/** A command in a process group of its own, so that Ctrl-C reaches all of it. */
function run(command, cwd) {
  const child = spawn('bash', ['-c', command], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'close');
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-2_000);
  });
  return {
    /** The first group of what matches first, or all of it. */
    async find(pattern) {
      const late = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), WITHIN_MS);
      try {
        return await new Promise((resolve, reject) => {
          lines.on('line', (line) => {
            const found = pattern.exec(line);
            if (found !== null) resolve(found[1] ?? found[0]);
          });
          ended.then(() => reject(new Error(`${command} ended:\n${complaint}`)));
        });
      } finally {
        clearTimeout(late);
      }
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGINT');
      await ended;
    },
  };
}
