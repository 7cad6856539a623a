import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { closeLater } from '../closing.ts';
import { ROOT } from '../documents.ts';
import type { Exit } from '../gateways/gateway.ts';
import { readDockerfile, type Stage, type Step } from './dockerfile.ts';

/*
 * An image as a container engine would build and run it, without one: each stage is a folder that becomes the root of
 * its steps (chroot in a mount and process namespace of its own, by `unshare`), with this machine's programs beneath
 * it, read-only, in place of the base image.
 */

/** Why no container can be run by hand here; null where one can. */
export const NO_CONTAINER: string | null =
  process.getuid?.() !== 0
    ? 'only root may change the root folder'
    : spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status === 0
      ? null
      : 'unshare is refused';

/** How the image is made: as the Dockerfile says, or with the packages and the build of this checkout. */
export type Form = 'whole' | 'short';

/** Folders of this machine that stand for the base image. */
const BASE = ['usr', 'bin', 'sbin', 'lib', 'lib64', 'etc'];
const BASE_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
/** Mounts the base, /dev, /proc and the mounts that are named, and runs the rest of the words in this root. */
const ENTER = `set -e
root=$1 readonly=$2 workdir=$3 user=$4; shift 4
mount --bind "$root" "$root"
for name in ${BASE.join(' ')}; do
  if [ -d "$root/$name" ] && [ ! -L "$root/$name" ]; then
    mount --bind "/$name" "$root/$name"; mount -o remount,bind,ro "$root/$name"
  fi
done
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
while [ "$1" != -- ]; do mount --bind "$1" "$root/$2"; shift 2; done
shift
[ "$readonly" = no ] || mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" "$root" sh -c 'cd "$0" && exec env -i "$@"' "$workdir" "$@"`;

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Folders of this machine by their paths within. */
  readonly mounts?: Readonly<Record<string, string>>;
}

interface EnterOptions extends RunOptions {
  readonly root: string;
  readonly readOnly: boolean;
  readonly workdir: string;
  readonly user: string;
}

function enterWords(
  { root, readOnly, workdir, user, env = {}, mounts = {} }: EnterOptions,
  command: readonly string[],
): readonly string[] {
  const mounted = Object.entries(mounts).flatMap(([within, folder]) => [folder, within]);
  const set = Object.entries({ ...BASE_ENV, ...env }).map(([name, value]) => `${name}=${value}`);
  const inside = [root, readOnly ? 'yes' : 'no', workdir, user, ...mounted, '--', ...set, ...command];
  return ['--mount', '--pid', '--fork', '--kill-child', 'bash', '-c', ENTER, 'enter', ...inside];
}

/** A built image, and how a container of it is run: its root read-only, /tmp in memory, as the image's own user. */
export interface Image {
  readonly stage: Stage;
  /** The folder that is its root. */
  readonly root: string;
  /** Runs a command beside the container's own to its end, as `docker exec` does. */
  execute(
    command: readonly string[],
    options?: RunOptions,
  ): { readonly code: number | null; readonly output: string };
  /** Starts the entrypoint with these words, or with those of CMD; it is process 1 of its container. */
  run(words: readonly string[] | null, options?: RunOptions): Container;
}

export interface Container {
  /** Everything that it has written so far. */
  output(): string;
  /** Resolves with the address that it logs; rejects where it ends before. */
  readonly url: Promise<string>;
  /** The image's STOPSIGNAL, to process 1. */
  stop(): Promise<Exit>;
  readonly exited: Promise<Exit>;
}

/** Runs the steps of the Dockerfile in order, each stage in a folder of its own; the folders go after the suite. */
export async function buildImage(form: Form): Promise<Image> {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-image-'));
  closeLater(() => rm(folder, { recursive: true, force: true }));
  const context = makeContext(folder);
  const roots = new Map<string, string>();
  let last: { readonly stage: Stage; readonly root: string } | null = null;
  for (const [index, stage] of readDockerfile(`${ROOT}Dockerfile`).entries()) {
    const root = emptyRoot(join(folder, String(index)));
    for (const step of stage.steps) {
      mkdirSync(join(root, step.workdir), { recursive: true });
      if (step.does.kind === 'copy') copy(step, step.does, { root, context, roots });
      else runStep(step, step.does.command, { root, form });
    }
    if (stage.name !== null) roots.set(stage.name, root);
    last = { stage, root };
  }
  if (last === null) throw new Error('the Dockerfile has no stage');
  return imageOf(last.stage, last.root);
}

function emptyRoot(root: string): string {
  for (const name of ['dev', 'proc', 'tmp', 'root']) mkdirSync(join(root, name), { recursive: true });
  for (const name of BASE.filter((one) => existsSync(`/${one}`))) {
    if (lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(root, name));
    else mkdirSync(join(root, name));
  }
  return root;
}

/** What is sent to the builder. `.dockerignore` is one of the form "nothing but these", or this throws. */
function makeContext(folder: string): string {
  const context = join(folder, 'context');
  mkdirSync(context);
  const [first, ...kept] = readFileSync(`${ROOT}.dockerignore`, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*' || kept.some((line) => !/^![\w.-]+$/.test(line)))
    throw new Error('.dockerignore has a line of another form');
  for (const name of kept.map((line) => line.slice(1))) put(join(ROOT, name), join(context, name));
  return context;
}

interface CopyPlaces {
  readonly root: string;
  readonly context: string;
  readonly roots: ReadonlyMap<string, string>;
}

type CopyStep = Extract<Step['does'], { kind: 'copy' }>;

function copy({ workdir }: Step, { from, sources, target }: CopyStep, places: CopyPlaces): void {
  const origin = from === null ? places.context : places.roots.get(from);
  if (origin === undefined) throw new Error(`COPY --from=${from}: there is no such stage`);
  const into = join(places.root, resolve(workdir, target));
  for (const source of sources) {
    const path = join(origin, source);
    if (statSync(path).isDirectory()) put(path, into);
    else if (target.endsWith('/')) put(path, join(into, source));
    else throw new Error('COPY of a file to a name: these tests do not know how');
  }
}

/** Owned by root, as a builder does it; hard links where the two are on one disk. */
function put(from: string, to: string): void {
  mkdirSync(join(to, '..'), { recursive: true });
  const copied = spawnSync('cp', ['-rlPT', from, to]);
  if (copied.status !== 0) execFileSync('cp', ['-rPT', from, to], { stdio: 'pipe' });
}

function runStep(
  { workdir, env }: Step,
  command: string,
  { root, form }: { root: string; form: Form },
): void {
  const here = join(root, workdir);
  if (form === 'short' && /^npm ci\b/.test(command)) {
    // The build below finds a dist of these sources and needs no package.
    if (command.includes('--omit=dev')) linkProductionPackages(here);
    return;
  }
  if (form === 'short' && command === 'npm run build') put(`${ROOT}dist`, join(here, 'dist'));
  const options = {
    root,
    workdir,
    user: '0:0',
    readOnly: false,
    env: { HOME: '/root', ...npmEnv(), ...env },
  };
  const ran = spawnSync('unshare', enterWords(options, ['sh', '-c', command]), { encoding: 'utf8' });
  if (ran.status !== 0)
    throw new Error(`RUN ${command}\nended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
}

/** Which registry npm asks, and how, is this machine's affair. */
const npmEnv = (): Record<string, string> => ({
  npm_config_registry: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim(),
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i.test(name)
        ? [[name, value]]
        : [],
    ),
  ),
});

const Lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });

/** The packages that npm would fetch for production, from the checkout. */
function linkProductionPackages(into: string): void {
  const { packages } = Lock.parse(JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8')));
  for (const [path, { dev }] of Object.entries(packages))
    if (dev !== true && /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && existsSync(ROOT + path))
      put(ROOT + path, join(into, path));
}

function imageOf(stage: Stage, root: string): Image {
  const { workdir, user, entrypoint, cmd } = stage;
  const options = ({ env = {}, mounts = {} }: RunOptions = {}): EnterOptions => ({
    ...{ root, workdir, user, mounts, readOnly: true },
    env: { HOME: '/home/node', ...stage.env, ...env },
  });
  return {
    stage,
    root,
    execute(command, given) {
      const ran = spawnSync('unshare', enterWords(options(given), command), { encoding: 'utf8' });
      return { code: ran.status, output: `${ran.stdout}${ran.stderr}` };
    },
    run: (words, given) =>
      startContainer(enterWords(options(given), [...entrypoint, ...(words ?? cmd)]), stage),
  };
}

function startContainer(words: readonly string[], { stopSignal }: Stage): Container {
  const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  const url = new Promise<string>((found, failed) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const address = /"url":"(http[^"]+)"/.exec(output)?.[1];
        if (address !== undefined) found(address.replace('0.0.0.0', '127.0.0.1').replace(/\/$/, ''));
      });
    void exited.then(() => failed(new Error(`the container ended:\n${output}`)));
  });
  url.catch(() => {});
  closeLater(async () => {
    // Not unshare alone: its --kill-child is void where the user has changed.
    const [first] = childrenOf(child);
    if (first !== undefined) process.kill(first, 'SIGKILL');
    child.kill('SIGKILL');
    await exited;
  });
  return {
    output: () => output,
    url,
    exited,
    stop() {
      // The process of this machine that is process 1 of the container: unshare's only child.
      execFileSync('kill', ['-s', stopSignal.replace(/^SIG/, ''), ...childrenOf(child).map(String)]);
      return exited;
    },
  };
}

function childrenOf({ pid, exitCode, signalCode }: ChildProcess): readonly number[] {
  if (exitCode !== null || signalCode !== null) return [];
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}
