import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeLater } from '../closing.ts';

/** An empty folder that is removed after the suite. */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-test-'));
  closeLater(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
