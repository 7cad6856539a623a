import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { nearest } from './nearest.ts';
import { DEFAULT_SUBCOMMAND, SUBCOMMANDS } from './subcommands.ts';

const WRONG_USE = 2;

const EPILOGUE = `
Without a command it starts the gateway. callboard demo needs nothing; callboard
COMMAND --help lists the options of a command.

Exit codes: 0 done; 1 a fault, or a difference was found; 2 wrong use.`;

/**
 * Runs `callboard` with these words. The exit code is 0 when it is done, 1 for a fault or a difference that was found, 2
 * for wrong use: then nothing was done, and what is printed names the nearest option or subcommand. Only the modules of
 * the subcommand that runs are loaded.
 */
export async function runProgram(words: readonly string[]): Promise<void> {
  const program = createProgram();
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exit(error.exitCode === 0 ? 0 : WRONG_USE);
  }
}

/**
 * Reads words, and runs the subcommand that they name. Wrong use rejects with a CommanderError, after `print` got what is
 * wrong; with exit code 0 it was a question for help or the version.
 */
export function createProgram(print = (text: string): unknown => process.stderr.write(text)) {
  const program = new Command('callboard')
    .description('A GraphQL gateway for open-banking callbacks: recorded once, shown live, never lost.')
    .option('-V, --version', 'prints the version')
    .addHelpText('after', EPILOGUE)
    .showSuggestionAfterError(false)
    .configureOutput({
      writeErr: print,
      outputError: (text, write) => write(text.replace(/^error: /, 'callboard: ')),
    })
    .exitOverride();
  for (const create of SUBCOMMANDS) {
    const subcommand = create().copyInheritedSettings(program).allowUnknownOption().allowExcessArguments();
    subcommand.showHelpAfterError(`usage: callboard ${subcommand.name()} ${subcommand.usage()}`);
    refuseRepeated(subcommand);
    program.addCommand(subcommand, { isDefault: subcommand.name() === DEFAULT_SUBCOMMAND });
  }
  // The library answers a question for help before it looks at the words.
  program.on('beforeHelp', () => {
    const word = program.args.find((one) => !one.startsWith('-'));
    if (word !== undefined && word !== 'help') refuseWord(program, word);
  });
  program.hook('preSubcommand', async () => {
    if (!program.opts().version) return;
    const { readVersion } = await import('../config/package-files.ts');
    process.stdout.write(`${readVersion()}\n`);
    throw new CommanderError(0, 'commander.version', '');
  });
  program.hook('preAction', async (_, subcommand) => {
    await refuseVariable(subcommand);
    refuseUnknown(program, subcommand);
  });
  return program;
}

/** A second value would silently take the place of the first. */
function refuseRepeated(subcommand: CommandUnknownOpts): void {
  for (const option of subcommand.options) {
    let isGiven = false;
    subcommand.on(`option:${option.name()}`, () => {
      if (isGiven && !option.variadic) {
        subcommand.error(`callboard ${subcommand.name()}: --${option.name()} is given twice`);
      }
      isGiven = true;
    });
  }
}

/** The library lets unknown words through, so that this can name the nearest known one, however far it is. */
function refuseUnknown(program: CommandUnknownOpts, subcommand: CommandUnknownOpts): void {
  const word = subcommand.args[subcommand.registeredArguments.length];
  if (word === undefined) return;
  const name = `callboard ${subcommand.name()}`;
  const isNamed = program.args[0] === subcommand.name();
  if (word.startsWith('-')) {
    const given = word.replace(/=.*$/s, '');
    const options = isNamed ? subcommand.options : [...subcommand.options, ...program.options];
    const known = [...options.flatMap((option) => option.long ?? []), '--help'];
    subcommand.error(`${name} has no option ${given}; the nearest is ${nearest(given, known)}`);
  }
  if (isNamed) subcommand.error(`${name} has no argument ${word}`);
  refuseWord(program, word);
}

function refuseWord(program: CommandUnknownOpts, word: string): void {
  const known = program.commands.map((one) => one.name());
  if (known.includes(word)) return;
  program.error(`callboard: there is no subcommand ${word}; the nearest is ${nearest(word, known)}`);
}

/** The gateway has no options: what is mostly tried, `--port`, is a variable. */
async function refuseVariable(subcommand: CommandUnknownOpts): Promise<void> {
  const [word = ''] = subcommand.args;
  if (subcommand.name() !== DEFAULT_SUBCOMMAND || !word.startsWith('--')) return;
  const given = word.replace(/=.*$/s, '');
  const variable = given.slice(2).replaceAll('-', '_').toUpperCase();
  const { CONFIG_VARIABLES } = await import('../config/variables.ts');
  if (!CONFIG_VARIABLES.includes(variable)) return;
  const reason = `callboard start has no option ${given}: set the variable ${variable}, in the environment or in .env`;
  subcommand.error(reason);
}
