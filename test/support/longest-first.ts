import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest in CI, from 80 s down to 20 s. */
const LONGEST = [
  'test/e2e/model.test.ts',
  'test/e2e/slow-readers.test.ts',
  'test/e2e/schedules.test.ts',
  'test/e2e/rules-edition.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/migrate.test.ts',
  'test/safety/viewers.test.ts',
  'test/bench/bench.test.ts',
  'test/e2e/store-down.test.ts',
  'test/safety/slow-attacks.test.ts',
  'test/e2e/first-start.test.ts',
  'test/e2e/instances.test.ts',
];

/**
 * Runs the longest files first, so that none of them is left at the end, when one process works and the others wait.
 * The others follow in vitest's own order: a fresh checkout, as in CI, has no record of how long each took.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return place < 0 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
