import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/clients/client.ts';
import { ROOT } from '../support/documents.ts';
import { startGateway } from '../support/gateways/gateway.ts';

const ALERTS = readFileSync(`${ROOT}ops/alerts.yaml`, 'utf8');
const DASHBOARD = readFileSync(`${ROOT}ops/grafana-dashboard.json`, 'utf8');
const HANDBOOK = readFileSync(`${ROOT}docs/operations.md`, 'utf8');

const NAMES = [...ALERTS.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

const noPromtool = spawnSync('promtool', ['--version']).status !== 0;

/**
 * Series at one sample a minute by which each alert fires and clears, in promtool's notation (`a+bxn`: n more samples, each b
 * larger), and a minute of each. test/e2e/alerts.test.ts has the faults that make such series.
 */
const SERIES: readonly {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  readonly fires: number;
  readonly cleared: number;
}[] = [
  {
    alert: 'CallboardDown',
    series: { 'up{job="callboard"}': '1+0x4 0+0x5 1+0x10' },
    ...{ fires: 8, cleared: 12 },
  },
  {
    alert: 'CallboardNotReady',
    series: { callboard_ready: '1+0x4 0+0x6 1+0x10' },
    ...{ fires: 9, cleared: 13 },
  },
  {
    alert: 'CallboardCallbacksRefused',
    series: {
      'callboard_callback_answers_total{status="401"}': '0+0x4 0+10x1 10+0x60',
      'callboard_callback_answers_total{status="429"}': '0+0x4 0+10x20 200+0x40',
    },
    ...{ fires: 15, cleared: 35 },
  },
  {
    alert: 'CallboardCallbacksUnavailable',
    series: { 'callboard_callback_answers_total{status="503"}': '0+0x4 0+1x10 10+0x20' },
    ...{ fires: 9, cleared: 25 },
  },
  {
    alert: 'CallboardQuarantineGrows',
    series: { callboard_quarantined: '0+0x5 3+0x100' },
    ...{ fires: 15, cleared: 75 },
  },
  {
    alert: 'CallboardNoCallbacks',
    series: {
      'callboard_callbacks_total{outcome="recorded"}': '0+10x10 100+0x45 100+50x20',
      'callboard_callbacks_total{outcome="refused"}': '0+10x80',
    },
    ...{ fires: 50, cleared: 60 },
  },
  {
    alert: 'CallboardCommitSlow',
    series: {
      'callboard_commit_seconds_bucket{le="0.25"}': '0+0x20 0+10x20',
      'callboard_commit_seconds_bucket{le="0.5"}': '0+10x40',
      'callboard_commit_seconds_bucket{le="+Inf"}': '0+10x40',
    },
    ...{ fires: 12, cleared: 35 },
  },
  {
    alert: 'CallboardDeliverySlow',
    series: {
      'callboard_delivery_seconds_bucket{le="1"}': '0+0x20 0+10x20',
      'callboard_delivery_seconds_bucket{le="2.5"}': '0+10x40',
      'callboard_delivery_seconds_bucket{le="+Inf"}': '0+10x40',
    },
    ...{ fires: 12, cleared: 35 },
  },
  {
    alert: 'CallboardSlowReaders',
    series: { callboard_slow_readers_total: '0+0x4 0+20x30 600+0x40' },
    ...{ fires: 25, cleared: 50 },
  },
  {
    alert: 'CallboardBehind',
    series: { callboard_positions_behind: '0+0x4 5000+0x6 0+0x10' },
    ...{ fires: 8, cleared: 12 },
  },
  {
    alert: 'CallboardStalled',
    series: { callboard_stalled: '0+0x10 200+0x100' },
    ...{ fires: 25, cleared: 50 },
  },
  {
    alert: 'CallboardCursorsNotHonoured',
    series: { 'callboard_resumes_total{honoured="false"}': '0+0x4 30+0x40' },
    ...{ fires: 8, cleared: 20 },
  },
  {
    alert: 'CallboardStoreErrors',
    series: { 'callboard_store_errors_total{during="read"}': '0+0x4 0+5x15 75+0x30' },
    ...{ fires: 15, cleared: 30 },
  },
  {
    alert: 'CallboardUnexpectedErrors',
    series: { callboard_unexpected_errors_total: '0+0x4 1+0x40' },
    ...{ fires: 6, cleared: 20 },
  },
];

/** Runs it on a file that holds this. */
async function promtool(words: readonly string[], content: object) {
  const folder = await mkdtemp(join(tmpdir(), 'callboard-alerts-'));
  try {
    const file = join(folder, 'content.yml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(content));
    const { status, stdout, stderr } = spawnSync('promtool', [...words, file], { encoding: 'utf8' });
    return { status, output: `${stdout}${stderr}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

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
    expect(NAMES.length).toBeGreaterThan(10);
    for (const name of NAMES) {
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

  it.skipIf(noPromtool)('promtool finds nothing wrong with what the dashboard asks', async () => {
    const panels = [...DASHBOARD.matchAll(/"expr": ("(?:[^"\\]|\\.)+")/g)].map(([, text = '']) =>
      String(JSON.parse(text)).replaceAll('$__rate_interval', '1m'),
    );
    expect(panels.length).toBeGreaterThan(15);
    const rules = panels.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const checked = await promtool(['check', 'rules'], { groups: [{ name: 'panels', rules }] });
    expect(checked.output).not.toContain('FAILED');
    expect(checked.status).toBe(0);
  });

  it.skipIf(noPromtool)('each alert fires and clears by the series that it is for', async () => {
    expect(SERIES.map(({ alert }) => alert).sort()).toEqual(NAMES.toSorted());
    const tests = SERIES.map(({ alert, series, fires, cleared }) => ({
      interval: '1m',
      name: alert,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: [
        [2, 0],
        [fires, 1],
        [cleared, 0],
      ].map(([minute, value]) => ({
        expr: `count(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
        eval_time: `${minute}m`,
        exp_samples: [{ labels: '{}', value }],
      })),
    }));
    const run = await promtool(['test', 'rules'], {
      rule_files: [`${ROOT}ops/alerts.yaml`],
      evaluation_interval: '1m',
      tests,
    });
    expect(run.output).not.toContain('FAILED');
    expect(run.status, run.output).toBe(0);
  });
});
