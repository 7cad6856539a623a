import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import postgres from 'postgres';
import { closeLater } from '../closing.ts';
import { storeFolder } from './store-folder.ts';

const LIBRARIES = '/usr/lib/postgresql';
const WITHIN_MS = 20_000;

/** Where PostgreSQL's own programs are, of its newest version; null where they are not installed. */
export const POSTGRES_BIN: string | null =
  (existsSync(LIBRARIES) ? readdirSync(LIBRARIES) : [])
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(LIBRARIES, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'pg_basebackup'))) ?? null;

const isRoot = process.getuid?.() === 0;

/** PostgreSQL refuses to run as root: then it runs as the user postgres. Null where there is no such user. */
const user = ((): { readonly uid: number; readonly gid: number } | null => {
  if (!isRoot) return null;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
})();

/** Why no cluster can be started here; null where one can. */
export const NO_CLUSTER: string | null =
  POSTGRES_BIN === null
    ? `no initdb below ${LIBRARIES}`
    : isRoot && user === null
      ? 'there is no user postgres to run it as'
      : null;

/** A PostgreSQL server of the test's own. */
export interface Cluster {
  /** As its superuser, who needs no password from this machine. */
  readonly url: string;
  readonly port: number;
  /** Makes a copy of all that it holds now: another server, which is not running. */
  backUp(options?: { readonly port?: number; readonly standby?: boolean }): Promise<Cluster>;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** By SIGQUIT (default) at once, as in a power cut; by SIGINT in peace. */
  stop(how?: 'SIGQUIT' | 'SIGINT'): Promise<void>;
  /** Resolves when a standby holds all that its primary has now. */
  caughtUp(primary: Cluster): Promise<void>;
  /** Makes a standby a primary; resolves when it takes writes. */
  promote(): Promise<void>;
}

export interface ClusterOptions {
  /** As in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Changes its data folder before it starts; `own` gives a file to the user that runs it. */
  readonly prepare?: (data: string, own: (path: string) => void) => void;
}

/** Makes an empty cluster and starts it. It is stopped and removed after the suite. Throws where NO_CLUSTER is set. */
export async function startCluster({ settings = {}, prepare }: ClusterOptions = {}): Promise<Cluster> {
  const data = await makeFolder();
  run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
  prepare?.(data, own);
  const cluster = clusterIn(data, await freePort(), settings);
  await cluster.start();
  return cluster;
}

function clusterIn(data: string, port: number, settings: Readonly<Record<string, string>>): Cluster {
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | null = null;

  const stop: Cluster['stop'] = async (how = 'SIGQUIT') => {
    if (server === null) return;
    const ended = once(server, 'exit');
    server.kill(how);
    server = null;
    await ended;
  };

  return {
    url,
    port,
    async start() {
      const fixed = { port, unix_socket_directories: '', fsync: 'off', listen_addresses: '127.0.0.1' };
      const args = Object.entries({ ...fixed, ...settings }).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ]);
      server = spawn(programPath('postgres'), ['-D', data, ...args], { ...asUser(), stdio: 'ignore' });
      closeLater(() => stop());
      await until(url, 'select 1');
    },
    stop,
    async backUp({ port: at, standby = false } = {}) {
      const copy = await makeFolder();
      const args = ['-d', url, '-D', copy, '-X', 'stream', '-c', 'fast', '--no-sync'];
      run('pg_basebackup', standby ? [...args, '-R'] : args);
      return clusterIn(copy, at ?? (await freePort()), settings);
    },
    async caughtUp(primary) {
      const [row] = await until(primary.url, 'select pg_current_wal_lsn()::text as at');
      await until(url, `select 1 where pg_last_wal_replay_lsn() >= '${String(row?.at)}'::pg_lsn`);
    },
    async promote() {
      await until(url, 'select pg_promote()');
      await until(url, 'select 1 where not pg_is_in_recovery()');
    },
  };
}

function programPath(name: string): string {
  if (POSTGRES_BIN === null || NO_CLUSTER !== null) throw new Error(`no cluster can run here: ${NO_CLUSTER}`);
  return join(POSTGRES_BIN, name);
}

const asUser = () => ({ ...(user ?? {}), cwd: '/', env: { LC_ALL: 'C' } });

function run(program: string, args: readonly string[]): void {
  execFileSync(programPath(program), args, { ...asUser(), stdio: 'pipe' });
}

function own(path: string): void {
  if (user !== null) chownSync(path, user.uid, user.gid);
}

async function makeFolder(): Promise<string> {
  const folder = await storeFolder();
  own(folder);
  return folder;
}

/** A port of this machine that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** Resolves when the statement gives rows, with them. */
async function until(url: string, statement: string): Promise<readonly postgres.Row[]> {
  const late = Date.now() + WITHIN_MS;
  for (;;) {
    const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} });
    try {
      const rows = await sql.unsafe(statement);
      if (rows.length > 0) return rows;
    } catch (error) {
      if (Date.now() > late) throw error;
    } finally {
      await sql.end({ timeout: 1 });
    }
    if (Date.now() > late) throw new Error(`PostgreSQL did not come to: ${statement}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
