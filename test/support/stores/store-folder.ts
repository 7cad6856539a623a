import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { closeLater } from '../closing.ts';

/** An empty folder for a store. The caller removes it. */
export const makeStoreFolder = (): Promise<string> => mkdtemp(join(inject('storesFolder'), 'store-'));

/** The same, removed after the suite. */
export async function storeFolder(): Promise<string> {
  const folder = await makeStoreFolder();
  closeLater(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
