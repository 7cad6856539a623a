import { afterAll, afterEach, beforeEach } from 'vitest';
import { closeAll, closeSince, expectNothingOpen, openCount } from './closing.ts';

// Runs in every test file, before its own code: these hooks stand around all others of the file.

let openBefore = 0;
beforeEach(() => {
  openBefore = openCount();
});
// A second try must not meet what the first left: a gateway that still holds the store's folder, or the port.
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await closeSince(openBefore);
});

afterAll(async () => {
  await closeAll();
  await expectNothingOpen();
});
