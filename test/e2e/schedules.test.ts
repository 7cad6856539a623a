import { describe, expect, inject, test } from 'vitest';
import { parseCallback } from '../../src/callbacks/parse/parse.ts';
import { openStore } from '../../src/db/open.ts';
import { rebuild } from '../../src/db/upkeep/rebuild.ts';
import { createLogger } from '../../src/logger.ts';
import { LONG, longOr } from '../support/long.ts';
import { startInstances } from '../support/schedules/instances.ts';
import { planOf } from '../support/schedules/plan.ts';
import { carryOut, type Site } from '../support/schedules/schedule.ts';
import { createStoreFaults } from '../support/schedules/store-faults.ts';
import { messagesInShort } from '../support/schedules/violations.ts';
import { DEFAULTS } from '../support/stores/memory-store.ts';
import { startPostgresProxy } from '../support/stores/postgres-proxy.ts';
import { makeDatabase } from '../support/stores/stores.ts';
import { expectTheFold } from '../support/stores/tables.ts';

/** As many schedules are carried out one after another on the same two instances and their store. */
const ON_ONE_SITE = 20;
const { SCHEDULE_SEED } = process.env;
/** The first of the long form; another gives others. */
const FIRST = Number(process.env.SCHEDULE_FIRST ?? 0);
/** Five that follow one another do every fault at least once. */
const COUNT = longOr(Number(process.env.SCHEDULES ?? 1_000), 5, 20);
const SEEDS =
  SCHEDULE_SEED === undefined
    ? Array.from({ length: COUNT }, (_, n) => FIRST + n)
    : SCHEDULE_SEED.split(',').map(Number);

const server = inject('postgresUrl');

/** Runs `work` on two instances over a database of their own: one of them by a proxy that can drop notifications. */
async function onSite(work: (site: Site) => Promise<void>): Promise<void> {
  const database = await makeDatabase(server ?? '');
  const proxy = await startPostgresProxy(database.url);
  const instances = await startInstances([database.url, proxy.url]);
  const faults = createStoreFaults(database.url, server ?? '');
  try {
    await work({ databaseUrl: database.url, instances, faults, proxy });
    await expectNothingToRebuild(database.url);
  } finally {
    await instances.close();
    await database.drop();
  }
}

async function expectNothingToRebuild(databaseUrl: string): Promise<void> {
  const log = createLogger({ level: 'silent' });
  const store = await openStore({ databaseUrl, dataDir: 'memory', pooled: false, log });
  const rebuilt = await rebuild({ store, parse: parseCallback });
  await store.close();
  expect(rebuilt).toMatchObject({ sessions: 0, payments: 0 });
}

describe.skipIf(server === null)('any schedule of faults', () => {
  test(
    'loses nothing acknowledged, leaves no gap unsaid, and sends nobody what is of another',
    async () => {
      let mark = 0;
      const failed: string[] = [];
      const left = [...SEEDS];
      const began = performance.now();
      while (left.length > 0) {
        await onSite(async (site) => {
          for (const seed of left.splice(0, ON_ONE_SITE)) {
            const from = performance.now();
            const plan = planOf(seed, () => ++mark);
            const { violations, tables, history } = await carryOut(plan, site);
            expectTheFold(tables, DEFAULTS);
            const faults = plan.faults.map(({ kind, at }) => `${kind} at ${at}`).join(', ');
            if (LONG) {
              const took = Math.round(performance.now() - from);
              process.stdout.write(
                `schedule ${seed}: ${took} ms, ${violations.length} violations (${faults})\n`,
              );
            }
            if (violations.length === 0) continue;
            const { restore, subscriptions } = history;
            const report = [
              `seed ${seed} (${faults}; again: SCHEDULE_SEED=${seed}):`,
              ...violations.slice(0, 10).map((violation) => `  ${violation}`),
              `restore: ${JSON.stringify(restore)}`,
              ...subscriptions.map(messagesInShort),
              site.instances.output().slice(-6_000),
            ];
            failed.push(report.join('\n'));
            // What is wrong may go on: the rest of the site would only show it again.
            break;
          }
        });
        if (!LONG && failed.length > 0) break;
      }
      if (LONG)
        process.stdout.write(
          `${SEEDS.length} schedules in ${Math.round((performance.now() - began) / 1_000)} s\n`,
        );
      expect(failed.join('\n\n')).toBe('');
    },
    longOr(7_200_000, 120_000, 400_000),
  );
});
