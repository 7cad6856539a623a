import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toSvg } from './plot.ts';
import type { Run } from './run-file.ts';
import { type Earlier, toMarkdown } from './tables.ts';

/** What is written of a run: its figures, tables and plot. */
export interface Files {
  readonly json: string;
  readonly markdown: string;
  readonly svg: string;
}

/** New files named for the time of the run, or those of an earlier run by the name of its JSON file. */
export function filesOf(
  { at }: Run,
  { out, addTo }: { readonly out: string; readonly addTo: string | null },
): Files {
  const base = addTo?.replace(/\.json$/, '') ?? join(out, at.slice(0, 19).replaceAll(':', '-'));
  return { json: `${base}.json`, markdown: `${base}.md`, svg: `${base}.svg` };
}

export async function writeFiles(files: Files, run: Run, earlier: Earlier | null): Promise<void> {
  await mkdir(dirname(files.json), { recursive: true });
  await writeFile(files.json, `${JSON.stringify(run, null, 2)}\n`);
  await writeFile(files.markdown, toMarkdown(run, earlier));
  await writeFile(files.svg, toSvg(run, earlier));
}
