import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { TestName } from './outcomes.ts';

/** Runs test files once more; resolves with their tests that did not pass at the first try. */
export type RunAgain = (files: readonly string[]) => Promise<readonly TestName[]>;

const VITEST = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));
const REPORTER = fileURLToPath(new URL('unstable-reporter.ts', import.meta.url));
const Unstable = z.array(z.object({ file: z.string(), name: z.string() }));

/** In a vitest of its own, as the one that runs now cannot be used again before its end. Rejects where it broke off. */
export const runAgain: RunAgain = async (files) => {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-again-'));
  try {
    const results = join(folder, 'unstable.json');
    const args = [VITEST, 'run', ...files, `--reporter=${REPORTER}`];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, UNSTABLE_RESULTS: results },
      stdio: 'ignore',
    });
    await once(child, 'close');
    return Unstable.parse(JSON.parse(await readFile(results, 'utf8')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
