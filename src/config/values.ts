import type { z } from 'zod';
import { type Environment, readTexts, type Texts } from './environment.ts';
import { ConfigError, type ConfigFault, firstOfEach } from './faults.ts';
import type { Variable } from './variable.ts';
import { VARIABLES, type VariableName } from './variables.ts';

/** The parsed value of each variable. */
export type Values = {
  readonly [Name in VariableName]: (typeof VARIABLES)[Name] extends Variable<infer Value> ? Value : never;
};

/**
 * Reads these variables from the environment and from the files of secrets. Throws a ConfigError that names every fault.
 * @param faultsAcross what is wrong with several variables together
 */
export function readVariables<Name extends VariableName>(
  env: Environment,
  names: readonly Name[],
  faultsAcross: (texts: Texts) => readonly ConfigFault[],
): Pick<Values, Name> {
  const faults: ConfigFault[] = [];
  const texts = readTexts(env, names, faults);
  const values = readValues(texts, names, faults);
  faults.push(...faultsAcross(texts));
  if (values === null || faults.length > 0) throw new ConfigError(firstOfEach(faults));
  return values;
}

/** The values of these variables; null where one of them cannot be used, which is added to `faults`. */
function readValues<Name extends VariableName>(
  texts: Texts,
  names: readonly Name[],
  faults: ConfigFault[],
): Pick<Values, Name> | null {
  const values: [Name, unknown][] = [];
  for (const name of names) {
    const parsed = VARIABLES[name].schema.safeParse(texts[name]);
    if (parsed.success) values.push([name, parsed.data]);
    else faults.push(...parsed.error.issues.map((issue) => toFault(name, issue, texts[name])));
  }
  // cast: each value was made by the schema of its own variable, which Object.fromEntries does not know
  return values.length === names.length ? (Object.fromEntries(values) as Pick<Values, Name>) : null;
}

/** The fault of a variable, and what is allowed. A secret's value is not shown. */
function toFault(name: VariableName, { path: [entry] }: z.core.$ZodIssue, text = ''): ConfigFault {
  const { secret, allowed } = VARIABLES[name];
  const place = typeof entry === 'number' ? `entry ${entry + 1} cannot be used; ` : '';
  const shown = secret ? place : `is ${JSON.stringify(text)}; `;
  return { variable: name, problem: `${shown}it must be ${allowed}` };
}
