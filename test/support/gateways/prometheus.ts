import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { at, send } from '../clients/client.ts';
import { closeLater } from '../closing.ts';
import { freePort } from '../stores/cluster.ts';

export const NO_PROMETHEUS = spawnSync('prometheus', ['--version']).status !== 0;

const READY_WITHIN_MS = 20_000;

export interface Prometheus {
  /** The names of the alerts that fire now. */
  firing(): Promise<ReadonlySet<string>>;
  /** How many series an expression gives now. */
  series(expression: string): Promise<number>;
}

/**
 * Starts a Prometheus that scrapes these gateways under the job `callboard` and evaluates the rules, both so often as
 * `scrape` and `evaluation` say. It is stopped after the suite.
 */
export async function startPrometheus({
  rules,
  targets,
  scrape,
  evaluation,
}: {
  readonly rules: string;
  /** URLs of gateways. */
  readonly targets: readonly string[];
  readonly scrape: string;
  readonly evaluation: string;
}): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-prometheus-'));
  closeLater(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'rules.yml'), rules);
  const config = {
    global: { scrape_interval: scrape, scrape_timeout: scrape, evaluation_interval: evaluation },
    rule_files: ['rules.yml'],
    scrape_configs: [
      { job_name: 'callboard', static_configs: [{ targets: targets.map((url) => new URL(url).host) }] },
    ],
  };
  // JSON is YAML.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--query.lookback-delta=5s',
    ],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  closeLater(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const late = Date.now() + READY_WITHIN_MS;
  while ((await send(`http://${address}/-/ready`).catch(() => null))?.status !== 200) {
    if (Date.now() > late) throw new Error('Prometheus is not ready');
    await pause(100);
  }
  return {
    async firing() {
      const { json } = await send(`http://${address}/api/v1/alerts`);
      const alerts = at(json, 'data', 'alerts');
      if (!Array.isArray(alerts)) throw new Error('Prometheus has no answer');
      const counted = alerts.filter((alert) => at(alert, 'state') === 'firing');
      return new Set(counted.map((alert) => String(at(alert, 'labels', 'alertname'))));
    },
    async series(expression) {
      const search = new URLSearchParams({ query: expression });
      const { json, text } = await send(`http://${address}/api/v1/query?${search}`);
      const found = at(json, 'data', 'result');
      if (!Array.isArray(found)) throw new Error(text);
      return found.length;
    },
  };
}
