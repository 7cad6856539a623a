import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fields } from '../support/builders/samples.ts';
import { postCallback, query, textAt } from '../support/clients/client.ts';
import { deliverAll } from '../support/clients/flood.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { closeLater } from '../support/closing.ts';
import { ROOT } from '../support/documents.ts';
import { type SpawnedGateway, spawnGateway } from '../support/gateways/gateway.ts';
import { NO_PROMETHEUS, type Prometheus, startPrometheus } from '../support/gateways/prometheus.ts';
import { LONG } from '../support/long.ts';
import { type Cluster, NO_CLUSTER, startCluster } from '../support/stores/cluster.ts';

/* Each rule of ops/alerts.yaml, by a real Prometheus and the fault that it is for: docs/operations.md has the table. */

const ALERTS = readFileSync(`${ROOT}ops/alerts.yaml`, 'utf8');
const DASHBOARD = readFileSync(`${ROOT}ops/grafana-dashboard.json`, 'utf8');
const NAMES = [...ALERTS.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
/** The rules with every duration divided by 60: minutes are seconds. Thresholds stay. */
const RULES = ALERTS.replace(/\b(\d+)h\b/g, (_, hours: string) => `${Number(hours) * 60}m`).replace(
  /\b(\d+)m\b/g,
  '$1s',
);

const SECRET = 'the-aggregators-secret';
const AUTHENTIC = { authorization: SECRET };
/** The longest window is an hour: a minute here, and some scrapes. */
const CLEARS_WITHIN_MS = 90_000;
const FIRES_WITHIN_MS = 60_000;
const LIVE = 'subscription { sessionStatusChanged { cursor kind } }';

interface Proven {
  readonly alert: string;
  readonly fault: string;
  readonly firedAfter: number;
  clearedAfter: number;
}

/** Does the work again and again until the function that it gives is called. */
function again(everyMs: number, work: () => Promise<unknown>): () => Promise<void> {
  let isOver = false;
  const done = (async () => {
    while (!isOver) {
      await work().catch(() => {});
      await pause(everyMs);
    }
  })();
  const end = async () => {
    isOver = true;
    await done;
  };
  closeLater(end);
  return end;
}

describe.skipIf(!LONG || NO_PROMETHEUS || NO_CLUSTER !== null)(
  'each alert fires by its fault, and clears',
  () => {
    const proven: Proven[] = [];
    let cluster: Cluster;
    let sql: postgres.Sql;
    let recording: SpawnedGateway;
    let following: SpawnedGateway;
    let prometheus: Prometheus;
    let changes = 0;
    /** Ends what arrives all the time: two callbacks a second, which the journal has already. */
    let fallSilent: () => Promise<void>;

    const deliver = (body: object) => postCallback(recording.url, body, AUTHENTIC);
    /** A change of this session. */
    const change = (sessionId: string, more: object = {}) => ({
      ...{ sessionId, userId: 'anna', bankId: 'bank-75', stage: 'Transactions', status: 'InProgress' },
      ...{ accountId: 'account-1', transactionStatus: 'Booked', transactionsCount: ++changes },
      ...more,
    });
    const traffic = () => again(500, () => deliver({ ...fields('session-status'), status: 'Finished' }));
    const followingEnv = () => ({
      DATABASE_URL: cluster.url.replace('postgres@', 'follower@'),
      MIGRATE: 'off',
      LOG_LEVEL: 'warn',
    });

    beforeAll(async () => {
      cluster = await startCluster();
      sql = postgres(cluster.url, { max: 2, onnotice: () => {} });
      closeLater(() => sql.end({ timeout: 1 }));
      recording = await spawnGateway({
        ...{ DATABASE_URL: cluster.url, CALLBACK_HEADER_SECRETS: SECRET },
        STALLED_AFTER_MS: '5000',
      });
      await sql.unsafe(FOLLOWER);
      following = await spawnGateway({ ...followingEnv(), LOG_LEVEL: 'info' });
      fallSilent = traffic();
      prometheus = await startPrometheus({
        rules: RULES,
        targets: [recording.url, following.url],
        scrape: '1500ms',
        evaluation: '500ms',
      });
    }, 60_000);

    afterAll(() => {
      const rows = [...proven].sort((a, b) => NAMES.indexOf(a.alert) - NAMES.indexOf(b.alert));
      const lines = rows.map(
        ({ alert, fault, firedAfter, clearedAfter }) =>
          `| ${alert} | ${fault} | ${firedAfter.toFixed(1)} | ${clearedAfter.toFixed(1)} |`,
      );
      process.stdout.write(
        `\n| alert | fault | fires after s | clears after s |\n|---|---|---|---|\n${lines.join('\n')}\n`,
      );
    });

    /** Gives after how many seconds since `began` it is so. */
    async function until(alert: string, fires: boolean, began: number, withinMs: number): Promise<number> {
      while ((await prometheus.firing()).has(alert) !== fires) {
        if (performance.now() - began > withinMs)
          throw new Error(`${alert} ${fires ? 'does not fire' : 'does not clear'} within ${withinMs} ms`);
        await pause(100);
      }
      return (performance.now() - began) / 1_000;
    }

    /** Makes a fault until all its alerts fire, ends it, and waits until they have cleared. */
    async function prove(
      alerts: readonly string[],
      fault: string,
      begin: () => Promise<() => Promise<unknown>>,
    ): Promise<void> {
      const before = await prometheus.firing();
      for (const alert of alerts) expect(before, alert).not.toContain(alert);
      const began = performance.now();
      const end = await begin();
      const fired = await Promise.all(alerts.map((alert) => until(alert, true, began, FIRES_WITHIN_MS)));
      const ended = performance.now();
      await end();
      const cleared = await Promise.all(alerts.map((alert) => until(alert, false, ended, CLEARS_WITHIN_MS)));
      for (const [index, alert] of alerts.entries())
        proven.push({ alert, fault, firedAfter: fired[index] ?? -1, clearedAfter: cleared[index] ?? -1 });
    }

    it('none fires while all is well', { timeout: 60_000 }, async () => {
      const until = Date.now() + 20_000;
      while (Date.now() < until) {
        expect([...(await prometheus.firing())]).toEqual([]);
        await pause(250);
      }
    });

    it('faults of callbacks, clients and readers', { timeout: 240_000 }, async () => {
      await Promise.all([
        prove(['CallboardQuarantineGrows'], 'three callbacks with a stage that nobody knows', async () => {
          for (let n = 0; n < 3; n++) await deliver(change(`unknown-${n}`, { stage: `Nirvana-${n}` }));
          return async () => {};
        }),
        prove(['CallboardCallbacksRefused'], 'two callbacks a second with a wrong secret', async () =>
          again(500, () => postCallback(recording.url, change('refused'), { authorization: 'wrong' })),
        ),
        prove(['CallboardUnexpectedErrors'], 'a row that cannot be read, asked for once', async () => {
          await deliver(change('broken'));
          await sql`update sessions set accounts = '[null]' where session_id = 'broken'`;
          await query(recording.url, '{ session(sessionId: "broken") { accounts { maskedNumber } } }');
          return () => sql`update sessions set accounts = '[]' where session_id = 'broken'`;
        }),
        prove(['CallboardCursorsNotHonoured'], '30 subscribers with cursors of another store', async () => {
          const first = await subscribeSse(recording.url, { query: LIVE });
          const cursor = textAt((await first.next()).data, 'sessionStatusChanged', 'cursor');
          await first.close();
          const after = cursor.replace(/^./, (letter) => (letter === 'a' ? 'b' : 'a'));
          for (let n = 0; n < 30; n++) {
            const resumed = await subscribeSse(recording.url, {
              query: 'subscription ($after: String) { sessionStatusChanged(after: $after) { recovered } }',
              variables: { after },
            });
            await resumed.next();
            await resumed.close();
          }
          return async () => {};
        }),
        prove(['CallboardStalled'], 'the aggregator falls silent in 130 sessions under way', async () => {
          const sessions = Array.from({ length: 130 }, (_, n) => `stalls-${n}`);
          const all = (more: object) => sessions.map((id) => JSON.stringify(change(id, more)));
          await deliverAll(recording.url, all({}), { headers: AUTHENTIC });
          return () => deliverAll(recording.url, all({ status: 'Finished' }), { headers: AUTHENTIC });
        }),
        prove(['CallboardSlowReaders'], 'each second a subscriber that stops reading', async () => {
          const accounts = Array.from({ length: 1_000 }, (_, n) => ({
            accountNumber: `BE${String(n).padStart(14, '0')}`,
          }));
          await deliver({
            ...{ sessionId: 'fat', userId: 'anna', bankId: 'bank-75', stage: 'Accounts' },
            ...{ status: 'Finished', details: { accounts } },
          });
          const lists = Array.from(
            { length: 8 },
            (_, n) => `list${n}: accounts { id accountNumber maskedNumber }`,
          );
          const fat = `subscription { sessionStatusChanged(sessionId: "fat") { cursor session { ${lists.join(' ')} } } }`;
          const ends = [
            again(400, () => deliver(change('fat'))),
            again(1_000, async () => (await subscribeSse(recording.url, { query: fat })).pause()),
          ];
          return () => Promise.all(ends.map((end) => end()));
        }),
      ]);
    });

    it('every panel of the dashboard shows something meanwhile', async () => {
      const panels = [...DASHBOARD.matchAll(/"expr": ("(?:[^"\\]|\\.)+")/g)].map(([, text = '']) =>
        String(JSON.parse(text)).replaceAll('$__rate_interval', '3m'),
      );
      expect(panels.length).toBeGreaterThan(15);
      for (const panel of panels) expect(await prometheus.series(panel), panel).toBeGreaterThan(0);
    });

    it('an instance that is gone', { timeout: 240_000 }, async () => {
      await prove(['CallboardDown'], 'an instance is killed; it is started again', async () => {
        await following.kill();
        return async () => {
          const { port } = new URL(following.url);
          following = await spawnGateway({ ...followingEnv(), LOG_LEVEL: 'info', PORT: port });
        };
      });
    });

    it('an instance that reads too slowly', { timeout: 240_000 }, async () => {
      await prove(
        ['CallboardBehind'],
        '5,000 callbacks, while each row takes one of two instances 5 ms',
        async () => {
          await sql`alter table callbacks enable row level security`;
          const sessions = Array.from({ length: 5_000 }, (_, n) => JSON.stringify(change(`fast-${n % 20}`)));
          await deliverAll(recording.url, sessions, { headers: AUTHENTIC });
          return () => sql`alter table callbacks disable row level security`;
        },
      );
    });

    it('a store that commits slowly', { timeout: 240_000 }, async () => {
      const live = await subscribeSse(recording.url, { query: LIVE });
      // Every batch is one of changes, so that each scrape finds some.
      await fallSilent();
      await prove(
        ['CallboardCommitSlow', 'CallboardDeliverySlow'],
        'each write of the journal takes PostgreSQL 1.2 s',
        async () => {
          await sql`create trigger slow before insert or update on callbacks for each statement execute function slow_write()`;
          const end = again(0, () => deliver(change('slow')));
          return async () => {
            await sql`drop trigger slow on callbacks`;
            await end();
          };
        },
      );
      await live.close();
      fallSilent = traffic();
    });

    it('a store that is gone', { timeout: 240_000 }, async () => {
      await prove(
        ['CallboardNotReady', 'CallboardCallbacksUnavailable', 'CallboardStoreErrors'],
        'PostgreSQL is stopped; it is started again',
        async () => {
          await cluster.stop('SIGINT');
          const end = again(250, () =>
            query(recording.url, '{ sessions(first: 1) { edges { node { version } } } }'),
          );
          return async () => {
            await cluster.start();
            await end();
          };
        },
      );
    });

    it('silence', { timeout: 240_000 }, async () => {
      await prove(['CallboardNoCallbacks'], 'no callback arrives', async () => {
        await fallSilent();
        return async () => {
          fallSilent = traffic();
        };
      });
    });

    it('and these are all the rules', () => {
      expect(proven.map(({ alert }) => alert).sort()).toEqual([...NAMES].sort());
    });
  },
);

/** A role as docs/operations.md has it, to which each row of the journal takes its time once row security is on. */
const FOLLOWER = `
  create role follower login;
  grant usage on schema public, drizzle to follower;
  grant select, insert, update, delete on all tables in schema public to follower;
  grant select on drizzle.__drizzle_migrations to follower;
  create function slow_read() returns boolean language plpgsql volatile as
    'begin perform pg_sleep(0.005); return true; end';
  create function slow_write() returns trigger language plpgsql as
    'begin perform pg_sleep(1.2); return null; end';
  create policy slow on callbacks to follower using (slow_read()) with check (true);
`;
