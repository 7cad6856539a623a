import type { Reporter } from 'vitest/reporters';
import { countTests, type RanFile, retriedTests, textOf } from './outcomes.ts';
import { type RunAgain, runAgain } from './run-again.ts';

/**
 * Ends a run with one plain line that counts all tests together, for people and for CI: `12 passed, 0 failed`.
 *
 * Where tests are tried twice (in CI), each that passed only at its second try is reported above that line
 * (`retried: …`), since a crowded machine is one reason for that and a race in the code another. To tell them apart
 * without a memory between runs, the files of those tests are run once more at the end of the run, when nothing else
 * runs beside them: a test that does not pass at its first try there either is reported (`retried again: …`), counts
 * as failed, and fails the run. So do all of them where that second run breaks off.
 */
export default class SummaryReporter implements Reporter {
  readonly #runAgain: RunAgain;
  readonly #print: (text: string) => void;

  constructor(parts: { readonly runAgain?: RunAgain; readonly print?: (text: string) => void } = {}) {
    this.#runAgain = parts.runAgain ?? runAgain;
    this.#print = parts.print ?? printAtExit;
  }

  async onTestRunEnd(files: readonly RanFile[], strayErrors: readonly unknown[]): Promise<void> {
    const { passed, failed, skipped } = countTests(files, strayErrors);
    const retried = retriedTests(files).map(textOf);
    const again = await this.#unstableAgain(files, retried);
    if (again.length > 0) process.exitCode = 1;
    const lines = [
      ...retried.map((test) => `retried: ${test}`),
      ...again.map((test) => `retried again: ${test}`),
      `${passed - again.length} passed, ${failed + again.length} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`,
    ];
    this.#print(`\n${lines.join('\n')}\n`);
  }

  /** Of the retried tests those that are unstable when their files run once more. */
  async #unstableAgain(files: readonly RanFile[], retried: readonly string[]): Promise<readonly string[]> {
    if (retried.length === 0) return [];
    const names = new Set(retriedTests(files).map(({ file }) => file));
    try {
      const unstable = (await this.#runAgain([...names])).map(textOf);
      return retried.filter((test) => unstable.includes(test));
    } catch (error) {
      this.#print(`\nthe files of retried tests could not be run again: ${String(error)}\n`);
      return retried;
    }
  }
}

/** Other reporters are still writing their own summaries at the end of a run: the plain line is to be the last one. */
function printAtExit(text: string): void {
  process.once('exit', () => process.stdout.write(text));
}
