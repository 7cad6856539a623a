import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createDemo } from './demo.ts';
import { createDoctor } from './doctor.ts';
import { createExport } from './export.ts';
import { createForget } from './forget.ts';
import { createMigrate } from './migrate.ts';
import { createRebuild } from './rebuild.ts';
import { createReplay } from './replay.ts';
import { createSimulate } from './simulate.ts';
import { createStart } from './start.ts';
import { createTail } from './tail.ts';

/** Every subcommand of `callboard`, in the order in which `--help` lists them. A new one is added here. */
export const SUBCOMMANDS: readonly (() => CommandUnknownOpts)[] = [
  createStart,
  createMigrate,
  createReplay,
  createRebuild,
  createForget,
  createSimulate,
  createDemo,
  createTail,
  createExport,
  createDoctor,
];

/** What `callboard` without a subcommand does. */
export const DEFAULT_SUBCOMMAND = 'start';
