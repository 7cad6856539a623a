import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Another process has the folder open. */
export class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';

  constructor(folder: string) {
    super(`${folder} is open in another process: stop that one, or set DATA_DIR to a folder of its own`);
  }
}

/**
 * Makes the folder and locks it against other processes until it is released or this process ends. PGlite has no lock
 * of its own: two processes can open one folder without an error, and rows are lost.
 *
 * On Linux the lock is an abstract socket named after the folder, which the kernel frees however this process ends.
 * Elsewhere it is a file with the process id, taken over only where that process is no longer alive.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  mkdirSync(folder, { recursive: true });
  const path = realpathSync(folder);
  return process.platform === 'linux' ? lockBySocket(path) : lockByFile(path);
}

async function lockBySocket(folder: string): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 40);
  const server = createServer((socket) => socket.destroy()).unref();
  const failed = once(server, 'error').then(([error]) => error);
  server.listen(`\0callboard-${name}`);
  const error = await Promise.race([failed, once(server, 'listening').then(() => null)]);
  if (error !== null) throw new FolderLockedError(folder);
  return async () => {
    server.close();
    await once(server, 'close');
  };
}

async function lockByFile(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'callboard.pid');
  const holder = readHolder(file);
  if (holder !== null && isAlive(holder)) throw new FolderLockedError(folder);
  if (holder !== null) rmSync(file, { force: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    throw new FolderLockedError(folder);
  }
  return async () => rmSync(file, { force: true });
}

function readHolder(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** When the PGlite in the folder was last closed or last made a checkpoint; null where there is none. Opens nothing. */
export function changedAt(dataDir: string): number | null {
  const file = join(dataDir, 'global', 'pg_control');
  return existsSync(file) ? statSync(file).mtimeMs : null;
}
