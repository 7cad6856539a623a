// Joins the benchmarks' programs with src, and runs them (docs/benchmarks.md): npm run bench -- --help
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { joinSources } from './bundle.mjs';

const PROGRAMS = ['bench', 'load-process', 'gateway-memory'];
const folder = resolve('node_modules', `.callboard-bench-${process.pid}`);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

await joinSources(Object.fromEntries(PROGRAMS.map((name) => [name, `test/bench/${name}.ts`])), folder);
await import(pathToFileURL(join(folder, 'bench.js')).href);
