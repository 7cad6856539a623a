import { accessSync, constants } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LONG } from '../long.ts';
import { isAlive } from '../processes.ts';

/** Linux's folder in memory. */
const MEMORY = '/dev/shm';
/** A store of the short forms takes up to 100 MiB, and a few of them are there at once. */
const ROOM_BYTES = 2 * 1024 ** 3;
/** Before the id of the process that made it. */
const PREFIX = 'callboard-tests-';

/**
 * Makes the folder that holds all stores of a run; the caller removes it. It is in memory where there is room for that:
 * a thousand files of PGlite are copied there in 0.03 s, and on a disk in 0.06 to 0.6 s. The long forms fill stores
 * with more than that.
 */
export async function makeStoresFolder(): Promise<string> {
  const base = !LONG && (await hasRoom(MEMORY)) ? MEMORY : tmpdir();
  await removeAbandoned(base);
  const folder = await mkdtemp(join(base, `${PREFIX}${process.pid}-`));
  // PostgreSQL runs as a user of its own in a folder within.
  await chmod(folder, 0o711);
  return folder;
}

async function hasRoom(folder: string): Promise<boolean> {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize > ROOM_BYTES;
  } catch {
    return false;
  }
}

/** Removes the folders of runs that were killed: in memory, nothing else does before the machine ends. */
async function removeAbandoned(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    if (!name.startsWith(PREFIX) || isAlive(Number.parseInt(name.slice(PREFIX.length), 10))) continue;
    await rm(join(base, name), { recursive: true, force: true });
  }
}
