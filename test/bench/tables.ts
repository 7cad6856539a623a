import {
  type FigureKind,
  PART_KINDS,
  PARTS,
  type Part,
  PROCESSOR_KEYS,
  STORE_KINDS,
  STORE_NAMES,
  type StoreKind,
} from './parts.ts';
import type { Result, Run } from './run-file.ts';
import { isSameKind } from './run-file.ts';

/** An earlier run, and what it is called. */
export interface Earlier {
  readonly name: string;
  readonly run: Run;
}

/** What a run measured, as a page of Markdown; with an earlier run, how both compare. */
export function toMarkdown(run: Run, earlier: Earlier | null): string {
  const { processors, memoryGiB, system, node, postgres } = run.machine;
  const seconds = distinct(run.results.map((result) => result.seconds)).join(', ');
  const commits = distinct(run.results.map(({ commit }) => commit ?? 'unknown')).join(', ');
  const machine = `${processors}, ${memoryGiB} GiB, ${system}, Node ${node}${postgres === null ? '' : `, PostgreSQL ${postgres}`}`;
  const parts = [
    '# Benchmarks',
    `${run.at}, commit ${commits}, ${seconds} s each. ${machine}.`,
    'On PostgreSQL, where PGlite is not named. In brackets: processor time of one operation, in µs, of the gateway and of PostgreSQL.',
    toTable(run),
    ...(earlier === null ? [] : ['## Compared', toComparison(run, earlier)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** One row a figure, one column a size. */
function toTable(run: Run): string {
  const lines = rowsOf(run.results).flatMap(({ part, store, results }) =>
    PART_KINDS[part].figures
      .filter(({ key }) => !isProcessorKey(key))
      .map((kind) => [
        labelOf(kind, store),
        ...results.map((result) => (result === null ? '' : cellOf(result, kind))),
      ]),
  );
  return table(['', ...sizesOf(run.results).map(headOf)], lines);
}

/** The same for each figure that both runs have, with its ratio to the earlier one; processor times too. */
function toComparison(run: Run, { name, run: { results: before, at } }: Earlier): string {
  const lines = rowsOf(run.results).flatMap(({ part, store, results }) =>
    PART_KINDS[part].figures.flatMap((kind) => {
      const cells = results.map((result) => {
        const known = before.find((one) => result !== null && isSameKind(one, result));
        const [value, was] = [result?.figures[kind.key] ?? null, known?.figures[kind.key] ?? null];
        return value === null || was === null
          ? ''
          : `${show(was, kind)} → ${show(value, kind)}${was === 0 ? '' : ` (${(value / was).toFixed(2)} ×)`}`;
      });
      return cells.every((cell) => cell === '') ? [] : [[labelOf(kind, store), ...cells]];
    }),
  );
  const head = `Each figure of ${name} (${at}), then this run's, and this one's share of that one.`;
  return `${head}\n\n${table(['', ...sizesOf(run.results).map((size) => size.size)], lines)}`;
}

/** One line on a result, for a terminal. */
export function toLine({ size, part, store, figures }: Result): string {
  const shown = PART_KINDS[part].figures.flatMap((kind) => {
    const value = figures[kind.key];
    return value === undefined || value === null ? [] : [`${kind.label} ${show(value, kind)}`];
  });
  return `${size} ${part} (${STORE_NAMES[store]}): ${shown.join(' · ')}`;
}

/** A part on a store: its result at each size of the run, null where it was not measured there. */
export interface Row {
  readonly part: Part;
  readonly store: StoreKind;
  readonly results: readonly (Result | null)[];
}

/** In the order of PARTS. */
export function rowsOf(all: readonly Result[]): readonly Row[] {
  return PARTS.flatMap((part) =>
    STORE_KINDS.flatMap((store) => {
      const results = sizesOf(all).map(
        ({ size }) =>
          all.find((one) => one.part === part && one.store === store && one.size === size) ?? null,
      );
      return results.every((result) => result === null) ? [] : [{ part, store, results }];
    }),
  );
}

/** A result of each size, the smallest first. */
function sizesOf(results: readonly Result[]): readonly Result[] {
  return results
    .filter(({ size }, n) => results.findIndex((one) => one.size === size) === n)
    .sort((a, b) => a.sessions - b.sessions || a.subscriptions - b.subscriptions);
}

export function labelOf({ label }: FigureKind, store: StoreKind): string {
  return store === 'postgres' ? label : `${label}, ${STORE_NAMES[store]}`;
}

export function show(value: number, { digits }: Pick<FigureKind, 'digits'>): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function cellOf({ figures }: Result, kind: FigureKind): string {
  const value = figures[kind.key] ?? null;
  if (value === null) return '–';
  const processor = kind.key === 'rate' ? PROCESSOR_KEYS.flatMap((key) => figures[key] ?? []) : [];
  const each = processor.map((us) => show(us, { digits: us < 10 ? 1 : 0 })).join(' + ');
  return each === '' ? show(value, kind) : `${show(value, kind)} (${each})`;
}

const headOf = ({ sessions, subscriptions }: Result) =>
  `${show(sessions, { digits: 0 })} sessions, ${show(subscriptions, { digits: 0 })} subscriptions`;

const isProcessorKey = (key: string): boolean => PROCESSOR_KEYS.some((one) => one === key);

const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

const table = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map((_, n) => (n === 0 ? '---' : '---:')), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |'))
    .join('\n');
