import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Somebody else has the folder open. */
export class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';

  constructor(folder: string) {
    super(`${folder} is open in another process: stop that one, or set DATA_DIR to a folder of its own`);
  }
}

/**
 * Makes the folder and keeps every other process out of it until released or dead. PGlite does not do so itself:
 * two processes open one folder without an error, and rows vanish.
 *
 * On Linux the lock is an abstract socket named for the folder, which the kernel frees whatever kills us.
 * Elsewhere it is a file with our process id, never taken from a living one.
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

/** When the folder's PGlite last ended or took stock; null where there is none, which to open would make one. */
export function changedAt(dataDir: string): number | null {
  const file = join(dataDir, 'global', 'pg_control');
  return existsSync(file) ? statSync(file).mtimeMs : null;
}
