import { CAUSES } from './causes.ts';
import type { GridCell } from './grid.ts';
import { type Count, per100, type Verdict } from './verdict.ts';
import { OUTCOMES } from './words.ts';

export type TableFormat = 'text' | 'markdown';

/** Verdicts side by side, each figure a row: counts per 100, or of how many where that is not all sessions. */
export function verdictTable(verdicts: Readonly<Record<string, Verdict>>, format: TableFormat): string {
  const columns = Object.values(verdicts);
  const row = (name: string, figure: (verdict: Verdict) => string): string[] => [
    name,
    ...columns.map(figure),
  ];
  const partial = (count: Count): string => (count.of === 0 ? '–' : `${per100(count)} (of ${count.of})`);
  return table(
    [
      ['per 100 sessions', ...Object.keys(verdicts)],
      row('sessions (number)', (verdict) => String(verdict.right.of)),
      row('right', (verdict) => per100(verdict.right)),
      row('right of what can be known', (verdict) => partial(verdict.rightOfKnowable)),
      row('outcome right', (verdict) => per100(verdict.outcomeRight)),
      ...OUTCOMES.filter((outcome) => columns.some((verdict) => verdict.rightByOutcome[outcome].of > 0)).map(
        (outcome) => row(`right of ${outcome}`, (verdict) => partial(verdict.rightByOutcome[outcome])),
      ),
      ...CAUSES.map((cause) => row(`wrong: ${cause}`, (verdict) => per100(verdict.wrongByCause[cause]))),
      row('silently wrong', (verdict) => per100(verdict.silentlyWrong)),
      row('false ends', (verdict) => per100(verdict.falseEnds)),
      row('false ends of plain sessions', (verdict) => partial(verdict.falseEndsOfPlain)),
      row('… that reported progress', (verdict) => partial(verdict.falseEndsOfPlainWithProgress)),
      row('stale ends after a restart', (verdict) => per100(verdict.staleEnds)),
      row('stale ends, restart not suspected', (verdict) => per100(verdict.staleEndsUnsaid)),
      row('right of refresh sessions', (verdict) => partial(verdict.refreshRight)),
      row('refresh, signed in, still asked', (verdict) => partial(verdict.refreshStillAsked)),
    ],
    format,
  );
}

/** A grid: right per 100, and in brackets right per 100 of what can be known. */
export function gridTable(cells: readonly GridCell[], format: TableFormat): string {
  const pauses = [...new Set(cells.map((cell) => cell.pauses))];
  const rows = new Map<string, string[]>();
  for (const { loss, duplicates, verdict } of cells) {
    const row = rows.get(`${loss} ${duplicates}`) ?? [`${percent(loss)}`, `${percent(duplicates)}`];
    row.push(`${per100(verdict.right)} (${per100(verdict.rightOfKnowable)})`);
    rows.set(`${loss} ${duplicates}`, row);
  }
  return table([['loss', 'duplicates', ...pauses], ...rows.values()], format);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function table(rows: readonly (readonly string[])[], format: TableFormat): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], between: string): string =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(between);
  if (format === 'text') return rows.map((row) => line(row, '  ').trimEnd()).join('\n');
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [head, rule, ...body].map((row) => `| ${line(row, ' | ')} |`).join('\n');
}

/** Names stand to the left, figures to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
