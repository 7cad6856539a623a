import { readFileSync } from 'node:fs';
import type { ConfigFault } from './faults.ts';
import { VARIABLES, type VariableName } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The text of each variable that is set; a secret's text may also come from its file. */
export type Texts = Readonly<Partial<Record<VariableName, string>>>;

/** The texts of these variables. An empty one counts as unset. Faults of secrets' files are added to `faults`. */
export function readTexts(env: Environment, names: readonly VariableName[], faults: ConfigFault[]): Texts {
  const texts: Partial<Record<VariableName, string>> = {};
  for (const name of names) {
    const text = env[name]?.trim() ?? '';
    const path = VARIABLES[name].secret ? (env[`${name}_FILE`]?.trim() ?? '') : '';
    if (text !== '') texts[name] = text;
    if (path === '') continue;
    if (text === '') texts[name] = readSecret(name, path, faults);
    else faults.push({ variable: `${name}_FILE`, problem: `is set beside ${name}; set one of them` });
  }
  return texts;
}

/** The content of a secret's file; where it cannot be read, empty, which counts as set: one fault is enough. */
function readSecret(name: VariableName, path: string, faults: ConfigFault[]): string {
  const variable = `${name}_FILE`;
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (text === '') faults.push({ variable, problem: `the file ${path} is empty` });
    return text;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    faults.push({ variable, problem: `the file ${path} cannot be read (${code})` });
    return '';
  }
}
