/** One variable that cannot be used. `problem` says what is allowed and never holds a secret's value. */
export interface ConfigFault {
  readonly variable: string;
  readonly problem: string;
}

/** Everything that is wrong with the environment, at once; the message lists it all, one variable a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map(({ variable, problem }) => `  ${variable}: ${problem}`);
    super(`this configuration cannot be used:\n${lines.join('\n')}`);
    this.faults = faults;
  }
}

/** The first fault of each variable; a secret whose file is at fault already gets no second one. */
export function firstOfEach(faults: readonly ConfigFault[]): ConfigFault[] {
  const first = new Map<string, ConfigFault>();
  for (const fault of faults) {
    if (!first.has(fault.variable) && !first.has(`${fault.variable}_FILE`)) first.set(fault.variable, fault);
  }
  return [...first.values()];
}
