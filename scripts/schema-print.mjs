// Writes schema.graphql as the code has it; with --check only compares and exits 1 where they differ.
// Declaration order is kept: the order of an enum's values means something (StageName is the road).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { printSchema } from 'graphql';
import { importSource } from './bundle.mjs';

const { buildSchema } = await importSource('src/schema/build.ts');
const printed = `${printSchema(buildSchema())}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync('schema.graphql', printed);
} else if (!existsSync('schema.graphql') || readFileSync('schema.graphql', 'utf8') !== printed) {
  console.error('schema.graphql is not what the code says.');
  process.exit(1);
}
