import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { z } from 'zod';
import { PARTS, STORE_KINDS } from './parts.ts';

/** Raised where a figure of the same key means something else than before: such files are not compared. */
const FORMAT = 1;
const GIB = 2 ** 30;

const Machine = z.object({
  processors: z.string(),
  memoryGiB: z.number(),
  system: z.string(),
  node: z.string(),
  /** Null where only PGlite was measured. */
  postgres: z.string().nullable(),
});

const Result = z.object({
  /** Name of a size, or `SESSIONS/SUBSCRIPTIONS`. */
  size: z.string(),
  sessions: z.number(),
  subscriptions: z.number(),
  part: z.enum(PARTS),
  store: z.enum(STORE_KINDS),
  /** Of each measurement. */
  seconds: z.number(),
  /** The commit that was measured, with a `+` where the tree had changes; null outside of a clone. */
  commit: z.string().nullable(),
  figures: z.record(z.string(), z.number().nullable()),
});
export type Result = z.infer<typeof Result>;

const Run = z.object({
  format: z.literal(FORMAT),
  /** When it was begun. */
  at: z.string(),
  machine: Machine,
  results: z.array(Result),
});
/** What is written of a run, as JSON. */
export type Run = z.infer<typeof Run>;

export function newRun(postgres: string | null): Run {
  const [processor] = cpus();
  return {
    format: FORMAT,
    at: new Date().toISOString(),
    machine: {
      processors: `${cpus().length} × ${processor?.model.trim() ?? 'unknown'}`,
      memoryGiB: Math.round(totalmem() / GIB),
      system: `${platform()} ${release()} ${arch()}`,
      node: process.version,
      postgres,
    },
    results: [],
  };
}

/** Throws where the file cannot be read, or is none of a run. */
export async function readRun(path: string): Promise<Run> {
  const text = await readFile(path, 'utf8');
  const read = Run.safeParse(JSON.parse(text));
  if (!read.success) throw new Error(`${path} is no file of a run: ${z.prettifyError(read.error)}`);
  return read.data;
}

/** The run with a result more; it replaces an earlier one of the same. */
export function withResult(run: Run, result: Result): Run {
  const others = run.results.filter((one) => !isSameKind(one, result));
  return { ...run, results: [...others, result] };
}

/** Whether two results are of the same part, at the same size, on the same store. */
export function isSameKind(a: Result, b: Result): boolean {
  return a.part === b.part && a.store === b.store && a.size === b.size;
}

/** The commit of the working folder: see `Result.commit`. */
export function readCommit(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`;
  } catch {
    return null;
  }
}
