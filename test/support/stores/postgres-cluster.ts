import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { closeLater } from '../closing.ts';

const ROOT = '/usr/lib/postgresql';

/** Where PostgreSQL's own programs are; null where they are not installed. */
export const POSTGRES_BIN: string | null = (() => {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(ROOT, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  return found ?? null;
})();

/** A server of the test's own. */
export interface Cluster {
  readonly port: number;
  /** Its folder, which belongs to the user that runs it. */
  readonly folder: string;
  /** As its superuser, who needs no password on this machine. */
  readonly url: string;
}

/** PostgreSQL does not run as root: then it runs as the user postgres. */
const user = (() => {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
})();

/** Why no server can be started here; null where one can. */
export const NO_CLUSTER: string | null =
  POSTGRES_BIN === null
    ? `no initdb below ${ROOT}`
    : process.getuid?.() === 0 && user === null
      ? 'there is no user postgres to run it as'
      : null;

/**
 * Makes and starts a server with these settings; stopped and removed after the suite.
 * @param prepare is given its folder before it starts, and `own`, which gives files to the user that runs it
 */
export async function startCluster(
  settings: Readonly<Record<string, string>>,
  prepare: (folder: string, own: (path: string) => void) => void = () => {},
): Promise<Cluster> {
  if (POSTGRES_BIN === null) throw new Error(NO_CLUSTER ?? '');
  const folder = mkdtempSync(join(tmpdir(), 'callboard-cluster-'));
  const own = (path: string) => {
    if (user !== null) chownSync(path, user.uid, user.gid);
  };
  own(folder);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const as = { ...(user ?? {}), cwd: folder };
  execFileSync(
    join(POSTGRES_BIN, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--no-instructions'],
    { ...as, stdio: 'ignore' },
  );
  prepare(folder, own);
  const port = await freePort();
  const all = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync: 'off',
    ...settings,
  };
  const server = spawn(
    join(POSTGRES_BIN, 'postgres'),
    ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...as, stdio: 'ignore' },
  );
  const ended = once(server, 'close');
  closeLater(async () => {
    // Immediate shutdown: nothing of it is kept.
    server.kill('SIGQUIT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await untilUp(url);
  return { port, folder, url };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilUp(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, backoff: () => 0.1, onnotice: () => {} });
  for (const until = Date.now() + 20_000; ; ) {
    try {
      await sql`select 1`;
      await sql.end();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
