import { writeFileSync } from 'node:fs';
import type { Reporter } from 'vitest/reporters';
import { type RanFile, unstableTests } from './outcomes.ts';

/** Writes the tests that did not pass at their first try into the file that UNSTABLE_RESULTS names, as JSON. */
export default class UnstableReporter implements Reporter {
  onTestRunEnd(files: readonly RanFile[]): void {
    writeFileSync(process.env.UNSTABLE_RESULTS ?? '', JSON.stringify(unstableTests(files)));
  }
}
