import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  resolve: {
    // Without this, vitest loads graphql twice (as CommonJS and as a module) and its types are not each other's.
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql/index.js')) }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Files share the processes that run them: to load every module again for each took a fifth of all time. What a
    // file opens is its own, and closed at its end: see setup.ts.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // One more than the two processors of CI: many tests wait more than they work.
    maxWorkers: 3,
    // Some tests wait for sockets, browsers and killed processes: on a crowded machine one may come too late once.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    globalSetup: './test/support/global-setup.ts',
    setupFiles: './test/support/setup.ts',
    reporters: ['default', './test/support/reporters/summary-reporter.ts'],
  },
});
