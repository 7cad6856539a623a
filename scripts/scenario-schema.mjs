// Writes scenarios/scenario.schema.json, by which editors complete and check scenarios, as src reads them; with
// --check only compares, and reads every scenario, and exits 1 where one differs.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { importSource } from './bundle.mjs';

const { readScenario } = await importSource('src/simulator/scenario/read-scenario.ts');
const { ScenarioFile } = await importSource('src/simulator/scenario/scenario.ts');

const folder = 'scenarios';
const file = join(folder, 'scenario.schema.json');
const schema = {
  title: 'A scenario of callboard simulate',
  ...z.toJSONSchema(ScenarioFile, { io: 'input' }),
};
const printed = `${JSON.stringify(schema, null, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(file, printed);
} else {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== printed) {
    console.error(`${file} is not what the code says.`);
    process.exitCode = 1;
  }
  for (const name of readdirSync(folder).filter((name) => join(folder, name) !== file)) {
    const { name: own } = readScenario(readFileSync(join(folder, name), 'utf8'), name);
    if (`${own}.json` === name) continue;
    console.error(`${name} names itself ${own}.`);
    process.exitCode = 1;
  }
}
