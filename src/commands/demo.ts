import { once } from 'node:events';
import { Command } from '@commander-js/extra-typings';
import { endWith, say } from './end-with.ts';
import { openBrowser } from './open-browser.ts';
import { readAmount, readCount, readPort } from './option-values.ts';

/** Taken where it is free and `--port` is not given. */
const PORT = 4040;

/** `callboard demo`: a gateway, a simulated aggregator, and a page to disturb them (docs/demo.md). */
export function createDemo() {
  return new Command('demo')
    .description('starts a gateway, a simulated aggregator, and a page on which you can try to break them')
    .option('--seed <n>', 'another seed makes other people and accounts (default: 1)', readCount)
    .option('--speed <x>', '1: a callback about every second; 0: no pauses (default: 1)', readAmount)
    .option('--seconds <n>', 'ends after this time (default: at Ctrl-C)', readAmount)
    .option('--port <n>', `the port of the page (default: ${PORT}, or a free one)`, readPort)
    .option('--no-open', 'does not open the page in a browser; only a terminal does')
    .action(({ seed = 1, speed = 1, seconds, port, open }) =>
      endWith(async () => {
        const { startDemo } = await import('../demo/demo.ts');
        const { stopOnSignal } = await import('./stop-on-signal.ts');
        const { readBoxScenarios } = await import('./box-scenarios.ts');
        const stopped = stopOnSignal();
        // A terminal that is closed ends it as cleanly.
        process.once('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));
        const options = {
          ...{ seed, speed, scenarios: await readBoxScenarios(), program: process.argv[1] ?? '' },
          path: process.env.PATH ?? '',
        };
        const demo = await startDemo({ ...options, port: port ?? PORT }).catch((error: unknown) => {
          if (port !== undefined || !isTaken(error)) throw error;
          return startDemo({ ...options, port: 0 });
        });
        say(`Open ${demo.url}: one person's connection, and buttons to disturb it.`);
        say(`GraphiQL: ${demo.graphiqlUrl}`);
        say('Nothing is kept. Ctrl-C ends it.');
        if (open && process.stdout.isTTY) openBrowser(demo.url);
        if (!stopped.aborted) {
          const timer = seconds === undefined ? [] : [AbortSignal.timeout(seconds * 1_000)];
          await once(AbortSignal.any([stopped, ...timer]), 'abort');
        }
        await demo.close();
        return 0;
      }),
    );
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
