import { type Scenario, ScenarioFile } from './scenario.ts';

/** A scenario that cannot be played, with every fault of it: `sessions.0.steps.2.stage: …`. */
class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/**
 * Reads the text of a scenario file. `name` is for the message.
 * @throws ScenarioError where it is no JSON, has unknown or wrong fields, or a step names an account that is not there
 */
export function readScenario(text: string, name: string): Scenario {
  const parsed = ScenarioFile.safeParse(parseJson(text, name));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `  ${path.join('.') || '(top)'}: ${message}`,
    );
    throw new ScenarioError(`${name} is not a scenario:\n${faults.join('\n')}`);
  }
  const faults = [...wrongPlaces(parsed.data)];
  if (subjectsOf(parsed.data) === 0) faults.push('  (top): neither sessions nor payments');
  if (faults.length > 0) throw new ScenarioError(`${name} is not a scenario:\n${faults.join('\n')}`);
  return parsed.data;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ScenarioError(`${name} is not JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

function subjectsOf({ sessions = [], payments = [] }: Scenario): number {
  return sessions.length + payments.length;
}

function* wrongPlaces({ sessions = [] }: Scenario): Iterable<string> {
  for (const [number, { accounts = [], steps }] of sessions.entries()) {
    for (const [place, step] of steps.entries()) {
      const named = [
        ...(Array.isArray(step.accounts) ? step.accounts : []),
        ...(step.page ? [step.page.account] : []),
      ];
      for (const account of named) {
        if (account >= accounts.length)
          yield `  sessions.${number}.steps.${place}: there is no account ${account}`;
      }
    }
  }
}
