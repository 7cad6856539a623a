import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/clients/client.ts';
import { ROOT } from '../support/documents.ts';
import { startGateway } from '../support/gateways/gateway.ts';

const ALERTS = readFileSync(`${ROOT}ops/alerts.yaml`, 'utf8');
const DASHBOARD = readFileSync(`${ROOT}ops/grafana-dashboard.json`, 'utf8');
const HANDBOOK = readFileSync(`${ROOT}docs/operations.md`, 'utf8');

const noPromtool = spawnSync('promtool', ['--version']).status !== 0;

describe('alerts and the dashboard', () => {
  let metrics: string;
  beforeAll(async () => {
    const { url } = await startGateway();
    metrics = (await send(`${url}/metrics`)).text;
  });

  it.each([
    ['ops/alerts.yaml', ALERTS],
    ['ops/grafana-dashboard.json', DASHBOARD],
    ['docs/operations.md', HANDBOOK],
  ])('%s names no metric that the gateway does not have', (_, text) => {
    const named = new Set(text.match(/\b(?:callboard|process|nodejs)_[a-z_0-9]+[a-z0-9]\b/g));
    const had = new Set([...metrics.matchAll(/^([a-z_0-9]+)[ {]/gm)].map(([, name]) => name));
    // The name of a histogram is the one of its samples without their ending.
    const bases = new Set([...metrics.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((name) => !had.has(name) && !bases.has(name))).toEqual([]);
  });

  it('each alert has a section of the handbook, with how to look and what to do', () => {
    const names = [...ALERTS.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      expect(ALERTS).toContain(`runbook: docs/operations.md#${name.toLowerCase()}\n`);
      const section = HANDBOOK.split(`### ${name}\n`)[1]?.split('\n##')[0];
      expect(section, name).toMatch(/\n- Look: .+\n- Do: .+/);
    }
  });

  it.skipIf(noPromtool)('promtool finds nothing wrong with the metrics or the rules', () => {
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
    // It exits 3 where it has advice: those of Node's own metrics are not ours to name.
    const about = `${checked.stdout}${checked.stderr}`
      .split('\n')
      .filter((line) => line.startsWith('callboard'));
    expect(about).toEqual([]);
    expect([0, 3]).toContain(checked.status);
    const rules = spawnSync('promtool', ['check', 'rules', `${ROOT}ops/alerts.yaml`], { encoding: 'utf8' });
    expect(rules.stderr).toBe('');
    expect(rules.status).toBe(0);
  });
});
