import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { closeLater } from '../closing.ts';

const LIBRARIES = '/usr/lib/postgresql';

/** Where PostgreSQL's own programs are; null where they are not installed. */
export const POSTGRES_BIN: string | null =
  (existsSync(LIBRARIES) ? readdirSync(LIBRARIES) : [])
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(LIBRARIES, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'pg_basebackup'))) ?? null;

/** A PostgreSQL server of the test's own. */
export interface Cluster {
  readonly url: string;
  /** A copy of all it holds now: another server, which is not running. */
  backUp(options?: { readonly port?: number; readonly standby?: boolean }): Promise<Cluster>;
  start(): Promise<void>;
  /** At once, as in a power cut, or in peace. */
  stop(how?: 'SIGQUIT' | 'SIGINT'): Promise<void>;
  /** Resolves when a standby holds all that its primary has now. */
  caughtUp(primary: Cluster): Promise<void>;
  /** Makes a standby a primary; resolves when it takes writes. */
  promote(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
const owner = (): { readonly uid: number; readonly gid: number } | Record<string, never> => {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** Makes an empty cluster and starts it. It is stopped and removed after the suite. */
export async function startCluster(bin: string): Promise<Cluster> {
  const folder = await makeFolder();
  run(bin, 'initdb', ['-D', folder, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
  const cluster = clusterIn(bin, folder, await freePort());
  await cluster.start();
  return cluster;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-cluster-'));
  closeLater(() => rm(folder, { recursive: true, force: true }));
  const { uid, gid } = owner();
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  return folder;
}

function run(bin: string, program: string, args: readonly string[]): void {
  execFileSync(join(bin, program), args, { ...owner(), cwd: '/', stdio: 'pipe', env: { LC_ALL: 'C' } });
}

function clusterIn(bin: string, folder: string, port: number): Cluster {
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
    async start() {
      const settings = { port, unix_socket_directories: '', fsync: 'off', listen_addresses: '127.0.0.1' };
      const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      server = spawn(join(bin, 'postgres'), ['-D', folder, ...args], {
        ...owner(),
        cwd: '/',
        stdio: 'ignore',
        env: { LC_ALL: 'C' },
      });
      closeLater(() => stop());
      await until(url, 'select 1');
    },
    stop,
    async backUp({ port: at, standby = false } = {}) {
      const copy = await makeFolder();
      const args = ['-d', url, '-D', copy, '-X', 'stream', '-c', 'fast', '--no-sync'];
      run(bin, 'pg_basebackup', standby ? [...args, '-R'] : args);
      return clusterIn(bin, copy, at ?? (await freePort()));
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

/** Resolves when the statement gives rows, with them. */
async function until(url: string, statement: string): Promise<readonly postgres.Row[]> {
  const late = Date.now() + 20_000;
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
    if (Date.now() > late) throw new Error(`PostgreSQL does not come to: ${statement}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
