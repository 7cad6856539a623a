import { setFlagsFromString } from 'node:v8';
import { readConfig } from './config/config.ts';
import { withEnvFile } from './config/env-file.ts';
import { ConfigError } from './config/faults.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createLogger, type Logger } from './logger.ts';
import { type OpenFilesShortage, openFilesShortage } from './transport/http/open-files.ts';

/** A clean stop takes less than LAME_DUCK_MS and DRAIN_MS plus this; a process that hangs for longer is ended. */
const LAST_RESORT_MS = 10_000;
/** A start that gets a signal has this long to finish: what it waits for may never come. */
const STARTING_MS = 2_000;

/**
 * How far V8's heap may grow before garbage is collected, in percent of what is live: by default V8 waits for up to four
 * times as much, which for a gateway under load is more than 100 MiB of garbage (docs/decisions/0008).
 */
const HEAP_GROWING_PERCENT = 100;

/**
 * V8 allocates what survives often where it is made, at once among the long-lived. What is in flight under load
 * survives often and then is garbage, which keeps alive all that it points to: a third of what a list allocates was
 * copied twice (docs/decisions/0056).
 */
const IN_FLIGHT_STAYS_YOUNG = '--no-allocation-site-pretenuring';

/**
 * How many functions of PGlite's WebAssembly V8 optimizes at once. The default is one for each processor, and their
 * working memory makes up the peak of a start: 275 MiB, and 215 MiB with one (docs/decisions/0015).
 */
const WASM_COMPILATION_TASKS = 1;

/** The process: reads its environment, starts one gateway, and stops it on SIGTERM or SIGINT. */
async function run(): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  setFlagsFromString(IN_FLIGHT_STAYS_YOUNG);
  setFlagsFromString(`--wasm-num-compilation-tasks=${WASM_COMPILATION_TASKS}`);
  const config = orExit(() => readConfig(withEnvFile(process.env)));
  const log = createLogger({ level: config.logLevel });
  // An uncaught error does not end the process: it would disconnect every client.
  process.on('uncaughtException', (err) =>
    log.fatal({ err }, 'an error was not caught; the process continues'),
  );
  process.on('unhandledRejection', (err) =>
    log.fatal({ err }, 'a rejection was not handled; the process continues'),
  );

  const stop = stopOnSignals(config.lameDuckMs + config.drainMs, log);
  try {
    const gateway = await createGateway(config, { log });
    log.info({ url: gateway.url, mode: config.mode }, `Callboard listens on ${gateway.url}`);
    if (config.mode === 'explore') log.warn(EXPLORE_NOTE);
    if (config.databaseUrl === null) log.warn(config.dataDir === 'memory' ? MEMORY_NOTE : PGLITE_NOTE);
    const shortage = openFilesShortage(config.limits);
    if (shortage !== null) log.warn(shortage, openFilesNote(config.limits.connections, shortage));
    stop(gateway);
  } catch (error) {
    fail(error);
  }
}

const EXPLORE_NOTE =
  'MODE=explore: no credentials are asked for; everyone who reaches this address is an operator. It answers to this machine only.';
const PGLITE_NOTE =
  'The store is PGlite: it survives a killed process but never flushes to disk, so a power cut may lose callbacks. Production wants DATABASE_URL.';
const openFilesNote = (connections: number, { allowed, needed }: OpenFilesShortage) =>
  `This process may open ${allowed} files, and LIMIT_CONNECTIONS=${connections} needs ${needed}: raise the limit (ulimit -n, LimitNOFILE=), or lower LIMIT_CONNECTIONS.`;
const MEMORY_NOTE = 'DATA_DIR=memory: nothing is kept when this process ends.';

/** Stops the gateway at the first SIGTERM or SIGINT, also during the start; a second ends the process at once. */
function stopOnSignals(leavingMs: number, log: Logger): (gateway: Gateway) => void {
  let signalled = false;
  let running: Gateway | null = null;
  const end = () => {
    if (running === null) return;
    setTimeout(() => process.exit(1), leavingMs + LAST_RESORT_MS).unref();
    running.close().then(
      () => process.exit(0),
      (err: unknown) => {
        log.fatal({ err }, 'the gateway could not be closed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (signalled) process.exit(1);
      signalled = true;
      log.info({ signal }, 'stopping');
      if (running === null) setTimeout(() => running === null && process.exit(0), STARTING_MS).unref();
      end();
    });
  }
  return (gateway) => {
    running = gateway;
    if (signalled) end();
  };
}

function orExit<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return fail(error);
  }
}

/** A failed start prints the reason in a sentence, not a stack. */
function fail(error: unknown): never {
  process.stderr.write(`callboard: ${toText(error)}\n`);
  process.exit(1);
}

function toText(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? error.message : String(error);
}

await run();
