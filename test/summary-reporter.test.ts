import { afterEach, describe, expect, it } from 'vitest';
import type { RanFile, TestName } from './support/reporters/outcomes.ts';
import SummaryReporter from './support/reporters/summary-reporter.ts';

type Ended = 'passed' | 'retried' | 'failed' | 'skipped';

/** A file as it ended: its tests by their names, or why it could not be run. */
function ran(file: string, tests: Readonly<Record<string, Ended>>, errors: readonly string[] = []): RanFile {
  return {
    relativeModuleId: file,
    errors: () => errors,
    children: {
      allTests: () =>
        Object.entries(tests).map(([fullName, ended]) => ({
          fullName,
          result: () => ({ state: ended === 'retried' ? 'passed' : ended }),
          diagnostic: () => ({ flaky: ended === 'retried' }),
        })),
    },
  };
}

/** What is printed at the end of a run, which files ran again, and the exit code that was set. */
async function ended(
  files: readonly RanFile[],
  strayErrors: readonly unknown[],
  unstable: readonly TestName[] | Error = [],
) {
  const again: (readonly string[])[] = [];
  let printed = '';
  const reporter = new SummaryReporter({
    runAgain: async (names) => {
      again.push(names);
      if (unstable instanceof Error) throw unstable;
      return unstable;
    },
    print: (text) => {
      printed += text;
    },
  });
  await reporter.onTestRunEnd(files, strayErrors);
  return { printed, again, exitCode: process.exitCode };
}

describe('the summary of a test run', () => {
  const before = process.exitCode;
  afterEach(() => {
    process.exitCode = before;
  });

  it('is one line, in which a file that could not be run and a stray error count as failed tests', async () => {
    const files = [ran('a', { one: 'passed', two: 'failed', three: 'skipped' }), ran('b', {}, ['no import'])];
    const { printed, again } = await ended(files, [new Error('stray')]);
    expect(printed).toBe('\n1 passed, 3 failed, 1 skipped\n');
    expect(again).toEqual([]);
  });

  it('names each test that passed only at its second try, and runs its file once more, once', async () => {
    const files = [
      ran('a', { one: 'retried', two: 'passed', three: 'retried' }),
      ran('b', { one: 'passed' }),
    ];
    const { printed, again, exitCode } = await ended(files, []);
    expect(printed).toBe('\nretried: a > one\nretried: a > three\n4 passed, 0 failed\n');
    expect(again).toEqual([['a']]);
    expect(exitCode).toBe(before);
  });

  it('counts one that needs it again as failed, and fails the run', async () => {
    const files = [ran('a', { one: 'retried', two: 'passed' }), ran('b', { one: 'retried' })];
    const { printed, exitCode } = await ended(files, [], [{ file: 'a', name: 'one' }]);
    expect(printed).toBe(
      '\nretried: a > one\nretried: b > one\nretried again: a > one\n2 passed, 1 failed\n',
    );
    expect(exitCode).toBe(1);
  });

  it('counts all of them as failed where the second run breaks off, and gives the reason', async () => {
    const { printed, exitCode } = await ended([ran('a', { one: 'retried' })], [], new Error('no memory'));
    expect(printed).toBe(
      '\nthe files of retried tests could not be run again: Error: no memory\n' +
        '\nretried: a > one\nretried again: a > one\n0 passed, 1 failed\n',
    );
    expect(exitCode).toBe(1);
  });

  it('does not hold it against a test that another of its file is unstable in the second run only', async () => {
    const files = [ran('a', { one: 'retried', two: 'passed' })];
    const { printed, exitCode } = await ended(files, [], [{ file: 'a', name: 'two' }]);
    expect(printed).toBe('\nretried: a > one\n2 passed, 0 failed\n');
    expect(exitCode).toBe(before);
  });
});
