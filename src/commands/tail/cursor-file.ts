import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';

const State = z.object({ cursor: z.string().min(1) });

/**
 * Where a tail stopped; null where the file is not there.
 * @throws Error where it is something else: to begin again silently would leave callbacks out
 */
export async function readCursor(path: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    return State.parse(JSON.parse(text)).cursor;
  } catch (cause) {
    throw new Error(`${path} is no state of callboard tail; move it away to begin with what comes now`, {
      cause,
    });
  }
}

/** Takes the place of the file as a whole: a process that is killed meanwhile leaves the old one or the new one. */
export async function writeCursor(path: string, cursor: string): Promise<void> {
  const written = `${path}.new`;
  const file = await open(written, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ cursor })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(written, path);
}
