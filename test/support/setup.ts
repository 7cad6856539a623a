import { afterAll } from 'vitest';
import { closeAll, expectNothingOpen } from './closing.ts';

// Runs in every test file, before its own code: its hook is the last of the file.
afterAll(async () => {
  await closeAll();
  await expectNothingOpen();
});
