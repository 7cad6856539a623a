#!/usr/bin/env node
import { refuseOldNode } from './refuse-old-node.ts';

// Before anything is loaded that an old Node cannot read.
refuseOldNode(new URL('../package.json', import.meta.url));
const { runProgram } = await import('./commands/program.ts');
await runProgram(process.argv.slice(2));
