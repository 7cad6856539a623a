import { CommanderError } from '@commander-js/extra-typings';

/** 0: done. 1: a fault, or a difference was found. Wrong use is 2, and `program.ts` gives it. */
export type ExitCode = 0 | 1;

/**
 * Runs the work of a subcommand and ends the process with its exit code. A failure is printed as a sentence, without a
 * stack, and ends it with 1.
 */
export async function endWith(work: () => Promise<ExitCode>): Promise<never> {
  process.exit(await work().catch(explain));
}

function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) throw error;
  process.stderr.write(`callboard: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}

/** Prints a line for the person at the terminal. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
