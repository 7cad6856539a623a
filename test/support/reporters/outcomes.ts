/** What a reporter needs of one test: a part of vitest's TestCase. */
export interface RanTest {
  readonly fullName: string;
  result(): { readonly state: string };
  /** `flaky`: it passed, but not at its first try. */
  diagnostic(): { readonly flaky: boolean } | undefined;
}

/** What a reporter needs of one file: a part of vitest's TestModule. */
export interface RanFile {
  readonly relativeModuleId: string;
  /** Why it could not be run. */
  errors(): readonly unknown[];
  readonly children: { allTests(): Iterable<RanTest> };
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Counts the tests of all files. A file that could not be run counts as one failed test, as does each stray error. */
export function countTests(files: readonly RanFile[], strayErrors: readonly unknown[]): Counts {
  const counts = { passed: 0, failed: strayErrors.length, skipped: 0 };
  for (const file of files) {
    if (file.errors().length > 0) counts.failed += 1;
    for (const test of file.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed' || state === 'failed') counts[state] += 1;
      else counts.skipped += 1;
    }
  }
  return counts;
}

/** One test, by its file and its full name. */
export interface TestName {
  readonly file: string;
  readonly name: string;
}

export const textOf = ({ file, name }: TestName): string => `${file} > ${name}`;

/** Tests that passed, but not at their first try. */
export const retriedTests = (files: readonly RanFile[]): TestName[] =>
  namesOf(files, (test) => test.diagnostic()?.flaky === true);

/** The same, and those that failed at every try. */
export const unstableTests = (files: readonly RanFile[]): TestName[] =>
  namesOf(files, (test) => test.diagnostic()?.flaky === true || test.result().state === 'failed');

function namesOf(files: readonly RanFile[], holds: (test: RanTest) => boolean): TestName[] {
  return files.flatMap(({ relativeModuleId: file, children }) =>
    [...children.allTests()].filter(holds).map(({ fullName: name }) => ({ file, name })),
  );
}
