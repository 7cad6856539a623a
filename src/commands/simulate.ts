import { Command, Option } from '@commander-js/extra-typings';
import type { Faults } from '../simulator/scenario/scenario.ts';
import type { Proof } from '../simulator/send/proof.ts';
import { endWith, say } from './end-with.ts';
import { nearest } from './nearest.ts';
import { readAmount, readCount, readHttpUrl, readPort, readShare } from './option-values.ts';

const QUIET_MS = 30_000;

/** `callboard simulate --url URL`: plays the aggregator against a gateway, and compares what comes of it (docs/simulator.md). */
export function createSimulate() {
  const command = new Command('simulate')
    .description('plays the aggregator against a gateway, and compares what it shows at the end')
    .usage('--url URL [options]')
    .option('--url <url>', 'the address of the gateway', readHttpUrl)
    .option('--scenario <name...>', 'scenarios in the box, or files (default: all in the box)')
    .option('--sessions <n>', 'how many sessions and payments (default: 70)', readCount)
    .option('--rate <n>', 'callbacks a second, at most', readAmount)
    .option('--seed <n>', 'the same seed sends the same bytes in the same order (default: 1)', readCount)
    .option('--speed <x>', '1 has realistic pauses, 10 shorter ones, 0 none (default: 1)', readAmount)
    .option('--duplicates <share>', 'of the callbacks: sent again within seconds', readShare)
    .option('--reorder <share>', 'of the callbacks: held back, so that later ones overtake them', readShare)
    .option('--drop <share>', 'of the deliveries: lost', readShare)
    .option('--late <share>', 'of the callbacks: sent again after the quiet time', readShare)
    .option('--restart-quiet <ms>', "the gateway's RESTART_QUIET_MS (default: 30000)", readCount)
    .option('--serve <port>', "answers the aggregator's status routes on this port", readPort)
    .option('--settle <ms>', 'the time between the last callback and the comparison (default: 0)', readCount)
    .option('--signing-key <key>', 'signs: whsec_… (shared secret) or whsk_… (Ed25519 private key)')
    .addOption(new Option('--header <header>', "sends this header: 'name: value'").conflicts('signingKey'))
    .addOption(
      new Option('--path-secret <secret>', 'posts to /callbacks/{secret}').conflicts([
        'signingKey',
        'header',
      ]),
    )
    .option('--token <jwt>', "an operator's token, for the comparison")
    .option('--json', 'prints the summary as JSON');
  return command.action((options) => {
    const { url, seed = 1, sessions = 70, speed = 1, rate = null, restartQuiet = QUIET_MS } = options;
    if (url === undefined)
      return command.error('callboard simulate: give the address of the gateway: --url URL');
    if (sessions === 0 || rate === 0) return command.error('callboard simulate: nothing to do: 0 is given');
    return endWith(async () => {
      const proof = await readProof(options);
      if (typeof proof === 'string') return command.error(`callboard simulate: ${proof}`);
      const scenarios = await readScenarios(options.scenario);
      if (typeof scenarios === 'string') return command.error(`callboard simulate: ${scenarios}`);
      const { simulate } = await import('../simulator/simulation.ts');
      const { createReport } = await import('./simulate-report.ts');
      const { stopOnSignal } = await import('./stop-on-signal.ts');
      const report = createReport(process.stderr);
      const summary = await simulate({
        ...{ url, seed, sessions, speed, rate, scenarios, proof, signal: stopOnSignal() },
        ...{ restartQuietMs: restartQuiet, settleMs: options.settle ?? 0 },
        ...{ serve: options.serve ?? null, token: options.token ?? null, faults: faultsOf(options) },
        onServed: (served) => report.line(`the aggregator's status routes are on ${served}`),
        onProgress: report.progress,
        onNoAnswer: (reason) => report.line(`no gateway answers at ${url} (${reason}); it is tried for 20 s`),
      }).finally(report.end);
      if (options.json) say(JSON.stringify(summary));
      else for (const line of report.summary(summary)) say(line);
      return summary.different.length > 0 ? 1 : 0;
    });
  });
}

function faultsOf(options: { [Name in keyof Faults]?: number | undefined }): Faults {
  const { duplicates, late, reorder, drop } = options;
  return {
    ...(duplicates === undefined ? {} : { duplicates }),
    ...(late === undefined ? {} : { late }),
    ...(reorder === undefined ? {} : { reorder }),
    ...(drop === undefined ? {} : { drop }),
  };
}

interface ProofOptions {
  readonly signingKey?: string | undefined;
  readonly header?: string | undefined;
  readonly pathSecret?: string | undefined;
}

async function readProof({ signingKey, header, pathSecret }: ProofOptions): Promise<Proof | string> {
  if (pathSecret !== undefined) return { kind: 'path', secret: pathSecret };
  if (header !== undefined) {
    const [, name, value] = /^([\w-]+):\s*(.+)$/.exec(header) ?? [];
    if (name === undefined || value === undefined) return "--header is 'name: value'";
    return { kind: 'header', name, value };
  }
  if (signingKey === undefined) return { kind: 'none' };
  const { readSigningKey } = await import('../simulator/send/proof.ts');
  return (
    readSigningKey(signingKey) ??
    '--signing-key begins with whsec_ or, for the private key of Ed25519, whsk_; base64 follows'
  );
}

/** The scenarios of these names and files, or what is wrong with one. */
async function readScenarios(names: readonly string[] | undefined) {
  const { readdir, readFile } = await import('node:fs/promises');
  const { SCENARIOS_FOLDER } = await import('../config/package-files.ts');
  const { readScenario } = await import('../simulator/scenario/read-scenario.ts');
  const inBox = (await readdir(SCENARIOS_FOLDER))
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .map((file) => file.replace(/\.json$/, ''))
    .sort();
  const scenarios = new Map<string, ReturnType<typeof readScenario>>();
  for (const name of names ?? inBox) {
    const isFile = /[./\\]/.test(name);
    if (!isFile && !inBox.includes(name)) {
      return `there is no scenario ${name} in the box; the nearest is ${nearest(name, inBox)}. A file is given with its path.`;
    }
    const file = isFile ? name : new URL(`${name}.json`, SCENARIOS_FOLDER);
    const scenario = await readFile(file, 'utf8')
      .then((text) => readScenario(text, name))
      .catch(toMessage);
    if (typeof scenario === 'string') return scenario;
    if (scenarios.has(scenario.name))
      return `two scenarios are called ${scenario.name}: their ids would be the same`;
    scenarios.set(scenario.name, scenario);
  }
  return [...scenarios.values()];
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
