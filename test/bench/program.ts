import { Command, CommanderError, InvalidArgumentError } from '@commander-js/extra-typings';
import { nearest } from '../../src/commands/nearest.ts';
import { PARTS, type Part, STORE_KINDS, type StoreKind } from './parts.ts';
import { readSize, SIZES, type Size } from './sizes.ts';

const WRONG_USE = 2;
const DEFAULT_POSTGRES = 'postgres://postgres@127.0.0.1:5432/postgres';

export interface BenchOptions {
  readonly sizes: readonly Size[];
  readonly parts: readonly Part[];
  /** Of each measurement. */
  readonly seconds: number;
  readonly stores: readonly StoreKind[];
  /** A server on which databases may be made. */
  readonly postgresUrl: string;
  /** Files of earlier runs. */
  readonly compare: string | null;
  readonly addTo: string | null;
  /** The folder for new files. */
  readonly out: string;
}

/** Reads the words after `npm run bench --`. Ends the process where they are not understood, or ask for help. */
export function readOptions(words: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description(
      'Measures Callboard on this machine, and writes tables, a plot and the figures (docs/benchmarks.md).',
    )
    .option(
      '--sizes <list>',
      `${SIZES.map(({ name }) => name).join(', ')}, or SESSIONS/SUBSCRIPTIONS`,
      readSizes,
      SIZES,
    )
    .option('--parts <list>', PARTS.join(', '), (text) => readNames(text, PARTS), PARTS)
    .option('--seconds <n>', 'how long each is measured, after as long a warm-up', readSeconds, 5)
    .option(
      '--store <list>',
      'postgres, pglite: the first serves the parts that are measured on one',
      (text) => readNames(text, STORE_KINDS),
      STORE_KINDS,
    )
    .option('--postgres <url>', 'a server on which databases may be made', DEFAULT_POSTGRES)
    .option('--compare <file>', 'compares with the JSON file of an earlier run')
    .option('--add-to <file>', 'writes these figures into the JSON file of an earlier run')
    .option('--out <folder>', 'where files are written', 'bench-results')
    .exitOverride();
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exit(error.exitCode === 0 ? 0 : WRONG_USE);
  }
  const { store, postgres, compare = null, addTo = null, ...options } = command.opts();
  return { ...options, stores: store, postgresUrl: postgres, compare, addTo };
}

const listOf = (text: string) => text.split(',').map((word) => word.trim());

function readSizes(text: string): readonly Size[] {
  return listOf(text).map((word) => {
    const size = readSize(word);
    if (size === null) {
      throw new InvalidArgumentError(
        'A size is 1k, 10k, 100k, or such as 5000/200, with 1000 sessions at least.',
      );
    }
    return size;
  });
}

function readNames<Name extends string>(text: string, names: readonly Name[]): readonly Name[] {
  return listOf(text).map((word) => {
    const name = names.find((one) => one === word);
    if (name === undefined)
      throw new InvalidArgumentError(`The nearest to ${word} is ${nearest(word, names)}.`);
    return name;
  });
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 600))
    throw new InvalidArgumentError('It is a number of seconds, up to 600.');
  return seconds;
}
