import type { TestModule } from 'vitest/node';
import type { Reporter } from 'vitest/reporters';

/**
 * Ends a run with one plain line that counts all tests together, for people and for CI: `12 passed, 0 failed`.
 * A file that could not be run counts as one failed test, so a broken import never looks like success.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed') counts[state] += 1;
        else counts.skipped += 1;
      }
    }
    const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
    const line = `\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`;
    // Other reporters are still writing their own summaries now: the plain line is to be the last one.
    process.once('exit', () => process.stdout.write(line));
  }
}
