import { createReadStream, existsSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { CallboardError } from '../../errors.ts';
import { unpackTar } from './unpack-tar.ts';

/** A data folder that has this file is complete: it is moved in last. */
const MARK = 'PG_VERSION';
/** Holds a data folder while it is made, within the folder itself: elsewhere the process may not be allowed to write. */
const UNFINISHED = 'callboard-unfinished';
/** The same once it is complete, until all of it was moved to its place. */
const WHOLE = 'callboard-whole';

interface Options {
  /** A data folder as tar.gz; null where there is none. */
  readonly template: string | null;
  /** Makes a data folder without a template. */
  readonly make: (folder: string) => Promise<void>;
}

/**
 * Puts a data folder into `folder` where there is none. A process that is killed meanwhile leaves either no data folder
 * or a complete one that the next start moves to its place. Existing files are never replaced: where one is in the way,
 * it throws and names it. The folder must be locked.
 */
export async function prepareFolder(folder: string, { template, make }: Options): Promise<void> {
  const unfinished = join(folder, UNFINISHED);
  const whole = join(folder, WHOLE);
  if (existsSync(unfinished)) rmSync(unfinished, { recursive: true });
  if (!existsSync(join(folder, MARK)) && !existsSync(whole)) {
    if (template === null) await make(unfinished);
    else await unpackTar(createReadStream(template).pipe(createGunzip()), unfinished);
    renameSync(unfinished, whole);
  }
  if (!existsSync(whole)) return;
  const entries = readdirSync(whole).filter((name) => name !== MARK);
  if (existsSync(join(whole, MARK))) entries.push(MARK);
  const inTheWay = entries.find((name) => existsSync(join(folder, name)));
  if (inTheWay !== undefined) {
    rmSync(whole, { recursive: true });
    throw new CallboardError(
      'UNAVAILABLE',
      `${folder} holds "${inTheWay}" but no store: set DATA_DIR to an empty folder, or to one that does not exist`,
    );
  }
  for (const name of entries) renameSync(join(whole, name), join(folder, name));
  rmdirSync(whole);
}
