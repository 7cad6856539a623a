import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { decodeCursor } from '../../src/domain/cursor.ts';
import { query, send, textAt } from '../support/client.ts';
import { closeLater } from '../support/closing.ts';
import { type Delivered, deliverAll } from '../support/flood.ts';
import { spawnGateway } from '../support/gateway.ts';
import { LONG, longOr } from '../support/long.ts';
import { eachStore } from '../support/stores.ts';
import { subscribeSse } from '../support/subscribe-sse.ts';
import { type Subscribed, subscribeWs } from '../support/subscribe-ws.ts';

const CHANGES = longOr(200_000, 2_500);
const WARM_UP = longOr(5_000, 500);
const STALLED_OF_EACH = 50;
const SESSIONS = 50;
/** 10 s without anything moving, 5 s for the closing handshake that nobody answers, and what fills the buffers. */
const ENDED_WITHIN_MS = 30_000;

/** A few KiB, so that the buffers between two processes are soon full. */
const FAT = `subscription { sessionStatusChanged {
  cursor session { sessionId version accounts { id accountNumber maskedNumber accountType accountRelation } } } }`;
const LEAN = 'subscription { sessionStatusChanged { cursor } }';

const ACCOUNTS = Array.from({ length: 30 }, (_, n) => ({
  accountNumber: `BE${String(n).padStart(14, '0')}`,
  accountType: 'CurrentAccount',
}));
const base = (n: number) => ({
  sessionId: `session-${n % SESSIONS}`,
  userId: 'user-anna',
  bankId: 'bank-75',
});

/** Of a process, in MiB. */
function residentMiB(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** What a process holds open of sockets. */
function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

/** Reads on until the subscription is over; tells when each position came. */
async function times(subscribed: Subscribed): Promise<ReadonlyMap<number, number>> {
  const heard = new Map<number, number>();
  const read = async (): Promise<void> => {
    for (;;) {
      const { data } = await subscribed.next(600_000);
      const cursor = textAt(data, 'sessionStatusChanged', 'cursor');
      heard.set(decodeCursor(cursor)?.position ?? -1, performance.now());
    }
  };
  read().catch(() => {});
  return heard;
}

function percentile(values: readonly number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN;
}

eachStore('a hundred readers that have stopped reading', (store) => {
  // In CI once is enough: what is tested stands above the store.
  test.skipIf(process.platform !== 'linux' || (!LONG && store.kind === 'postgres'))(
    'hurt nobody: the process lives and stays small, a healthy reader hears all in time, and they are ended',
    async () => {
      const gateway = await spawnGateway(store.env());
      const { url, pid } = gateway;
      const first = Array.from({ length: SESSIONS }, (_, n) => ({
        ...{ ...base(n), stage: 'Accounts', status: 'InProgress' },
        details: { accounts: ACCOUNTS },
      }));
      /** What is answered 503 is delivered again, as the aggregator does. */
      const deliver = async (wires: readonly object[], onRecorded?: (answer: Delivered) => void) => {
        let bodies = wires.map((wire) => JSON.stringify(wire));
        while (bodies.length > 0) {
          const answers = await deliverAll(url, bodies, {
            connections: longOr(32, 8),
            onAnswer: (answer) => {
              expect([200, 503]).toContain(answer.status);
              if (answer.status === 200) onRecorded?.(answer);
            },
          });
          bodies = bodies.filter((_, n) => answers[n]?.status !== 200);
        }
      };
      const pages = (from: number, count: number) =>
        Array.from({ length: count }, (_, n) => ({
          ...{ ...base(n), stage: 'Transactions', status: 'InProgress', accountId: 'account-1' },
          ...{ transactionStatus: 'Booked', transactionsCount: from + n },
        }));
      // Sessions are as large, and the process as warm, as they will be.
      await deliver(first);
      await deliver(pages(0, WARM_UP));

      const healthy = [await subscribeWs(url, { query: LEAN }), await subscribeSse(url, { query: LEAN })];
      const heard = await Promise.all(healthy.map(times));
      const stalled: Subscribed[] = [];
      for (let n = 0; n < STALLED_OF_EACH; n += 1) {
        stalled.push(await subscribeWs(url, { query: FAT }), await subscribeSse(url, { query: FAT }));
      }
      for (const one of stalled) {
        await one.next();
        one.pause();
      }
      const before = { sockets: socketsOf(pid), resident: residentMiB(pid) };
      let most = before.resident;
      const sampler = setInterval(() => {
        most = Math.max(most, residentMiB(pid));
      }, 250);
      closeLater(async () => clearInterval(sampler));

      const began = performance.now();
      const sentAt = new Map<number, number>();
      await deliver(pages(WARM_UP, CHANGES), ({ text, tookMs }) => {
        sentAt.set(Number(JSON.parse(text).position), performance.now() - tookMs);
      });
      const took = performance.now() - began;

      const gone = () => before.sockets - socketsOf(pid) >= 2 * STALLED_OF_EACH;
      while (!gone()) {
        expect(performance.now() - began).toBeLessThan(Math.max(ENDED_WITHIN_MS, LONG ? took : took * 2));
        await pause(50);
      }
      clearInterval(sampler);
      const endedAfter = performance.now() - began;

      const newest = Math.max(...sentAt.keys());
      const late = Date.now() + 5_000;
      while (heard.some((times) => !times.has(newest)) && Date.now() < late) await pause(10);
      const waits = heard.map((times) =>
        [...sentAt].flatMap(([position, at]) => {
          const when = times.get(position);
          return when === undefined ? [] : [when - at];
        }),
      );
      for (const [n, times] of heard.entries()) {
        expect(times.has(newest)).toBe(true);
        // Who keeps up hears each change.
        expect(waits[n]).toHaveLength(CHANGES);
      }
      const p99 = waits.map((each) => percentile(each, 0.99));
      const grew = most - before.resident;
      console.info(
        `slow readers (${store.kind}): ${CHANGES} changes at ${Math.round((CHANGES / took) * 1000)}/s, ` +
          `healthy p99 ${p99.map(Math.round).join(' and ')} ms, RSS ${Math.round(before.resident)} + ${Math.round(grew)} MiB, ` +
          `stalled ended after ${Math.round(endedAfter / 100) / 10} s`,
      );
      expect(grew).toBeLessThan(100);
      if (LONG) for (const each of p99) expect(each).toBeLessThan(250);

      // It was not a restart: the same process answers.
      expect((await send(`${url}/readyz`)).status).toBe(200);
      expect((await query(url, '{ __typename }')).data).toEqual({ __typename: 'Query' });
      for (const one of stalled) one.resume();
      expect(await gateway.terminate()).toEqual({ code: 0, signal: null });
    },
    longOr(900_000, 60_000),
  );
});
