import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Environment } from './environment.ts';
import { ConfigError } from './faults.ts';

const ENV_FILE = '.env';
/** The beginning of a line that sets a variable, and what follows the sign. */
const SETS = /^\s*(?:export\s+)?[A-Za-z_]\w*\s*=\s*(.*)$/;

/**
 * The environment with what `.env` in the working folder adds to it: a variable of the environment wins, also where it is
 * empty. A missing file adds nothing. Throws a ConfigError that names each line that sets nothing: Node's own reader would
 * pass over it, or take it into the name of the next. What stands in the line is not shown: it may be a secret.
 */
export function withEnvFile(env: Environment, folder = process.cwd()): Environment {
  const text = readEnvFile(join(folder, ENV_FILE));
  if (text === null) return env;
  const faults = faultyLines(text).map((line) => ({
    variable: `${ENV_FILE}, line ${line}`,
    problem: 'is not NAME=value; begin a comment with #, and put a value of several lines in quotes',
  }));
  if (faults.length > 0) throw new ConfigError(faults);
  return { ...parseEnv(text), ...env };
}

function readEnvFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new ConfigError([{ variable: ENV_FILE, problem: `the file ${path} cannot be read (${code})` }]);
  }
}

/** The numbers of lines, from 1, that neither set a variable nor belong to a value in quotes. */
function faultyLines(text: string): number[] {
  const faulty: number[] = [];
  let quote: string | null = null;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (quote !== null) {
      if (line.includes(quote)) quote = null;
      continue;
    }
    if (/^\s*(?:#|$)/.test(line)) continue;
    const value = SETS.exec(line)?.[1];
    if (value === undefined) faulty.push(index + 1);
    else if (/^["'`]/.test(value) && !value.slice(1).includes(value.charAt(0))) quote = value.charAt(0);
  }
  return faulty;
}
