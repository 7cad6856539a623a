import { describe, expect, it } from 'vitest';
import { played } from '../support/builders/history-table.ts';
import { FENCES } from '../support/documents.ts';

const EXAMPLES = FENCES.filter(({ page, marks }) => page === 'docs/rules.md' && marks.has('example'));

const linesOf = (code: string): readonly string[] =>
  code
    .split('\n')
    .slice(1)
    .map((line) => line.trim().replace(/ *\| */g, ' | '))
    .filter((line) => line !== '');

describe('an example of docs/rules.md', () => {
  it.each(EXAMPLES.map(({ marks, code }) => [marks.get('example'), code]))(
    'is what the fold makes of it: %s',
    (_, code = '') => {
      const story = linesOf(code);
      expect(story.length).toBeGreaterThan(1);
      expect(played(story)).toEqual(story);
    },
  );
});
