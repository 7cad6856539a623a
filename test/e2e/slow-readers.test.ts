import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { decodeCursor } from '../../src/domain/cursor.ts';
import { query, send, textAt } from '../support/clients/client.ts';
import { type Delivered, deliverAll } from '../support/clients/flood.ts';
import { subscribeSse } from '../support/clients/subscribe-sse.ts';
import { type Subscribed, subscribeWs } from '../support/clients/subscribe-ws.ts';
import { spawnGateway } from '../support/gateways/gateway.ts';
import { mostResidentMiB } from '../support/gateways/resident.ts';
import { LONG, longOr } from '../support/long.ts';
import { eachStore } from '../support/stores/stores.ts';

const CHANGES = longOr(200_000, 2_500, 20_000);
/** Without the stalled readers, so that the process is as warm as this load makes it. */
const WARM_UP = longOr(20_000, 1_000, 10_000);
/** Sent off at once, so that this process does not hold all it ever sent. */
const CALLBACKS_PER_DELIVERY = 5_000;
const STALLED_OF_EACH = 50;
const SESSIONS = 50;
/**
 * 10 s without anything moving, 5 s for the closing handshake that nobody answers, and what fills the buffers of both
 * kernels, about 10 MB each: beside other tests that takes longer.
 */
const ENDED_WITHIN_MS = longOr(30_000, 60_000);

/** A few KiB, so that the buffers between two processes are soon full. */
const FAT = `subscription { sessionStatusChanged {
  cursor session { sessionId version accounts { id accountNumber maskedNumber accountType accountRelation } } } }`;
const STATE = 'sessionStatusChanged';
const LOG = 'callbackRecorded';
const lean = (field: string) => ({ query: `subscription { ${field} { cursor } }` });

const ACCOUNTS = Array.from({ length: 30 }, (_, n) => ({
  accountNumber: `BE${String(n).padStart(14, '0')}`,
  accountType: 'CurrentAccount',
}));
const base = (n: number) => ({
  sessionId: `session-${n % SESSIONS}`,
  userId: 'user-anna',
  bankId: 'bank-75',
});

/** The connections that somebody holds open at a port of this machine, by their inodes. */
function connectionsAt(port: number): ReadonlySet<string> {
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const here = fields.filter(([, local]) => Number.parseInt(local?.split(':')[1] ?? '', 16) === port);
  // One that was closed and is still being said goodbye to has no inode any more.
  return new Set(here.flatMap((found) => (found[9] === undefined || found[9] === '0' ? [] : [found[9]])));
}

/** Reads until the subscription is over, and notes when each position came. */
function times(subscribed: Subscribed, field: string): ReadonlyMap<number, number> {
  const received = new Map<number, number>();
  const read = async (): Promise<void> => {
    for (;;) {
      const { data } = await subscribed.next(600_000);
      const cursor = textAt(data, field, 'cursor');
      received.set(decodeCursor(cursor)?.position ?? -1, performance.now());
    }
  };
  read().catch(() => {});
  return received;
}

function percentile(values: readonly number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN;
}

eachStore('a hundred readers that have stopped reading', (store) => {
  // In CI once is enough: what is tested stands above the store.
  test.skipIf(process.platform !== 'linux' || (!LONG && store.kind === 'postgres'))(
    'hurt nobody: the process lives and stays small, a healthy reader receives all in time, and they are ended',
    async () => {
      const gateway = await spawnGateway(store.env());
      // Not only after the suite: where this is tried again, its folder must be free.
      onTestFinished(async () => void (await gateway.kill()));
      const { url, pid } = gateway;
      // Sessions are as large as they will be.
      const first = Array.from({ length: SESSIONS }, (_, n) => ({
        ...{ ...base(n), stage: 'Accounts', status: 'InProgress' },
        details: { accounts: ACCOUNTS },
      }));
      /** What is answered 503 is delivered again, as the aggregator does. */
      const deliver = async (wires: readonly object[], onRecorded?: (answer: Delivered) => void) => {
        let bodies = wires.map((wire) => JSON.stringify(wire));
        while (bodies.length > 0) {
          const answers = await deliverAll(url, bodies, {
            connections: longOr(32, 8, 32),
            onAnswer: (answer) => {
              expect([200, 503]).toContain(answer.status);
              if (answer.status === 200) onRecorded?.(answer);
            },
          });
          bodies = bodies.filter((_, n) => answers[n]?.status !== 200);
        }
      };
      let sent = 0;
      const deliverPages = async (count: number, onRecorded?: (answer: Delivered) => void) => {
        for (const until = sent + count; sent < until; ) {
          const callbacks = Array.from({ length: Math.min(CALLBACKS_PER_DELIVERY, until - sent) }, () => ({
            ...{ ...base(sent), stage: 'Transactions', status: 'InProgress', accountId: 'account-1' },
            ...{ transactionStatus: 'Booked', transactionsCount: sent++ },
          }));
          await deliver(callbacks, onRecorded);
        }
      };
      await deliver(first);
      const state = times(await subscribeWs(url, lean(STATE)), STATE);
      const log = times(await subscribeSse(url, lean(LOG)), LOG);
      const warm = await mostResidentMiB(pid, () => deliverPages(WARM_UP));

      const port = Number(new URL(url).port);
      const others = connectionsAt(port);
      const stalled: Subscribed[] = [];
      for (let n = 0; n < STALLED_OF_EACH; n += 1) {
        stalled.push(await subscribeWs(url, { query: FAT }), await subscribeSse(url, { query: FAT }));
      }
      for (const one of stalled) {
        await one.next();
        one.pause();
      }
      const held = [...connectionsAt(port)].filter((one) => !others.has(one));
      expect(held).toHaveLength(2 * STALLED_OF_EACH);
      const sentAt = new Map<number, number>();
      let took = 0;
      let endedAfter = 0;
      const most = await mostResidentMiB(pid, async () => {
        const began = performance.now();
        const end = async () => {
          for (let now = connectionsAt(port); held.some((one) => now.has(one)); now = connectionsAt(port)) {
            expect(performance.now() - began).toBeLessThan(ENDED_WITHIN_MS);
            // The kernel walks its whole table for each look.
            await pause(250);
          }
          endedAfter = performance.now() - began;
        };
        const load = async () => {
          await deliverPages(CHANGES, ({ text, tookMs }) => {
            sentAt.set(Number(JSON.parse(text).position), performance.now() - tookMs);
          });
          took = performance.now() - began;
        };
        await Promise.all([end(), load()]);
      });

      const newest = [...sentAt.keys()].reduce((a, b) => Math.max(a, b));
      const late = Date.now() + 5_000;
      while (!(state.has(newest) && log.has(newest)) && Date.now() < late) await pause(10);
      const waitsOf = (received: ReadonlyMap<number, number>) =>
        [...sentAt].flatMap(([position, at]) => {
          const when = received.get(position);
          return when === undefined ? [] : [when - at];
        });
      const waits = { state: waitsOf(state), log: waitsOf(log) };
      const p99 = { state: percentile(waits.state, 0.99), log: percentile(waits.log, 0.99) };
      console.info(
        `slow readers (${store.kind}): ${CHANGES} changes at ${Math.round((CHANGES / took) * 1000)}/s, ` +
          `healthy p99 ${Math.round(p99.state)} ms (state, ${waits.state.length} received) and ` +
          `${Math.round(p99.log)} ms (log, ${waits.log.length} received), ` +
          `RSS ${Math.round(warm)} + ${Math.round(most - warm)} MiB, ` +
          `stalled ended after ${Math.round(endedAfter / 100) / 10} s`,
      );
      expect(state.has(newest)).toBe(true);
      // This process sends as well as reads, and is sometimes late itself: then the newest stands for all before it.
      expect(waits.state.length).toBeGreaterThan(CHANGES * 0.98);
      // The log leaves nothing out.
      expect(waits.log).toHaveLength(CHANGES);
      expect(most - warm).toBeLessThan(100);
      if (LONG) expect(Math.max(p99.state, p99.log)).toBeLessThan(250);

      // It was not a restart: the same process answers.
      expect((await send(`${url}/readyz`)).status).toBe(200);
      expect((await query(url, '{ __typename }')).data).toEqual({ __typename: 'Query' });
      for (const one of stalled) one.resume();
      expect(await gateway.terminate()).toEqual({ code: 0, signal: null });
    },
    longOr(900_000, 120_000, 240_000),
  );
});
