import { readdir, readFile } from 'node:fs/promises';
import { SCENARIOS_FOLDER } from '../config/package-files.ts';
import { readScenario } from '../simulator/scenario/read-scenario.ts';
import type { Scenario } from '../simulator/scenario/scenario.ts';

/** The scenarios that the package brings, by name. */
export async function readBoxScenarios(): Promise<readonly Scenario[]> {
  const files = (await readdir(SCENARIOS_FOLDER))
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .sort();
  return Promise.all(
    files.map(async (file) => readScenario(await readFile(new URL(file, SCENARIOS_FOLDER), 'utf8'), file)),
  );
}
