import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from '../clients/client.ts';
import { closeLater } from '../closing.ts';
import { ROOT } from '../documents.ts';
import { freePort } from '../stores/cluster.ts';
import { tempFolder } from '../stores/temp-folder.ts';

/** The configuration that is shipped. */
export const HAPROXY_CONFIG = readFileSync(`${ROOT}ops/haproxy.cfg`, 'utf8');

/** Why HAProxy cannot be run here; null where it can. */
export const NO_HAPROXY: string | null =
  spawnSync('haproxy', ['-v']).status === 0 ? null : 'haproxy is not installed';

export interface Haproxy {
  /** Without a slash at its end. */
  readonly url: string;
  /** Resolves when its checks have found this gateway up, or down, since the last call for it; rejects after 30 s. */
  becomes(state: 'UP' | 'DOWN', gateway: string): Promise<void>;
  /** What its checks have found so far, in order: `gateway-1 DOWN`, … */
  changes(): readonly string[];
}

/**
 * Runs HAProxy with the shipped configuration, its own port and those of the gateways put in, and `change` made to the
 * rest. It ends after the suite.
 */
export async function startHaproxy(
  gateways: Readonly<Record<string, string>>,
  change: (config: string) => string = (config) => config,
): Promise<Haproxy> {
  const port = await freePort();
  // A machine of tests may allow fewer files than 20,000 connections need.
  let config = HAPROXY_CONFIG.replace('bind :8080', `bind 127.0.0.1:${port}`).replace(
    'maxconn 20000',
    'maxconn 2000',
  );
  for (const [name, url] of Object.entries(gateways))
    config = config.replaceAll(`server ${name} ${name}:4000`, `server ${name} ${new URL(url).host}`);
  const file = join(await tempFolder(), 'haproxy.cfg');
  await writeFile(file, change(config));
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'ignore'] });
  const states = watchStates(child);
  const exited = once(child, 'close');
  closeLater(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  await untilServed(url, child);
  return { url, ...states };
}

async function untilServed(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const status = await send(`${url}/readyz`).then((answer) => answer.status, String);
    if (status === 200) return;
    await pause(20);
  }
  throw new Error(`HAProxy ended with ${child.exitCode}`);
}

const WITHIN_MS = 30_000;

/** Reads the lines in which it reports that a server has changed. */
function watchStates({ stdout }: ChildProcess): Pick<Haproxy, 'becomes' | 'changes'> {
  const changes: string[] = [];
  /** Where in the list the next call begins, by gateway. */
  const seen = new Map<string, number>();
  let wake = (): void => {};
  if (stdout === null) throw new Error('its output is a pipe');
  createInterface({ input: stdout }).on('line', (line) => {
    const [, gateway, state] = /^Server callbacks\/(\S+) is (UP|DOWN)/.exec(line) ?? [];
    if (gateway !== undefined) changes.push(`${gateway} ${state}`);
    wake();
  });
  return {
    changes: () => changes,
    async becomes(state, gateway) {
      const late = AbortSignal.timeout(WITHIN_MS);
      late.onabort = () => wake();
      for (;;) {
        const place = changes.indexOf(`${gateway} ${state}`, seen.get(gateway) ?? 0);
        if (place >= 0) {
          seen.set(gateway, place + 1);
          return;
        }
        if (late.aborted) throw new Error(`HAProxy did not find ${gateway} ${state}: ${changes.join(', ')}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
