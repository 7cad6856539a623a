import { basename } from 'node:path';
import { startGateway } from './bench-gateway.ts';
import { type BenchStore, pgliteStores, reachPostgres, type StoreMaker } from './bench-store.ts';
import { measurePart } from './measure-part.ts';
import { PART_KINDS } from './parts.ts';
import { type BenchOptions, readOptions } from './program.ts';
import { newRun, readCommit, readRun, withResult } from './run-file.ts';
import { toLine, toMarkdown } from './tables.ts';
import { filesOf, writeFiles } from './write-files.ts';

/**
 * Measures each part at each size, one after the other, and writes what it has after each. A part that fails is named
 * and left out. Exit code 0: all were measured; 1: one failed, or it was stopped.
 */
async function bench(options: BenchOptions): Promise<0 | 1> {
  const { compare, addTo, seconds } = options;
  const stopped = untilSignal();
  const earlier = compare === null ? null : { name: basename(compare), run: await readRun(compare) };
  const postgres = options.stores.includes('postgres') ? await reachPostgres(options.postgresUrl) : null;
  const makers = options.stores.flatMap((kind) => (kind === 'pglite' ? pgliteStores : (postgres ?? [])));
  if (makers.length < options.stores.length)
    say('PostgreSQL cannot be reached, and is left out: --postgres names another server');

  let run = addTo === null ? newRun(postgres?.version ?? null) : await readRun(addTo);
  const files = filesOf(run, options);
  const commit = readCommit();
  let failures = 0;
  for (const size of options.sizes) {
    for (const [n, stores] of makers.entries()) {
      const parts = options.parts.filter((part) => n === 0 || PART_KINDS[part].on === 'each');
      if (parts.length === 0 || stopped.aborted) continue;
      const filled = await makeFilled(stores, size.sessions);
      for (const part of parts) {
        if (stopped.aborted) break;
        try {
          const figures = await measurePart(part, { size, seconds, stores, filled });
          const { name, sessions, subscriptions } = size;
          const of = { size: name, sessions, subscriptions, part, store: filled.kind };
          const result = { ...of, seconds, commit, figures };
          run = withResult(run, result);
          say(toLine(result));
          await writeFiles(files, run, earlier);
        } catch (error) {
          failures += 1;
          say(`${size.name} ${part} (${filled.kind}) failed: ${String(error)}`);
        }
      }
      await filled.remove();
    }
  }
  await postgres?.close();
  process.stdout.write(toMarkdown(run, earlier));
  say(`written: ${Object.values(files).join(', ')}`);
  return failures > 0 || stopped.aborted || makers.length === 0 ? 1 : 0;
}

/** A store that a gateway has made, filled with sessions. */
async function makeFilled(stores: StoreMaker, sessions: number): Promise<BenchStore> {
  const store = await stores.empty();
  try {
    const gateway = await startGateway(store);
    await gateway.end('SIGTERM');
    await store.fill(sessions);
    return store;
  } catch (error) {
    await store.remove();
    throw error;
  }
}

/**
 * Aborts at SIGINT or SIGTERM: what is measured just then fails or ends, and what was made for it is removed. Further
 * ones change nothing, since npm passes on a Ctrl-C that the terminal has sent already.
 */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exit(await bench(readOptions(process.argv.slice(2))));
