import type { BenchGateway } from './bench-gateway.ts';
import { startGateway } from './bench-gateway.ts';
import type { BenchStore, StoreMaker } from './bench-store.ts';
import type { Job, Measured } from './load/job.ts';
import type { Figures, Part } from './parts.ts';
import { peakResidentMiB, processorUs, residentMiB } from './process-figures.ts';
import { type RunningLoad, startLoad } from './run-load.ts';
import type { Size } from './sizes.ts';

/** Where and for how long a part is measured. */
export interface Setting {
  readonly size: Size;
  /** Of each measurement. */
  readonly seconds: number;
  readonly stores: StoreMaker;
  /** Holds the sessions of the size. It is copied for each part, so that all find the same. */
  readonly filled: BenchStore;
}

/** Starts of which the median counts. */
const STARTS = 3;

/** Measures one part. Rejects where an operation of the load failed: a rate of failures would be none. */
export async function measurePart(part: Part, setting: Setting): Promise<Figures> {
  const { sessions, subscriptions } = setting.size;
  switch (part) {
    case 'start':
      return measureStart(setting);
    case 'callbacks':
      return onFilled(setting, async (filled) => {
        const { figures } = await run(filled, { kind: 'callbacks', ...filled.at });
        return { ...figures, afterMiB: residentMiB(filled.gateway.pid) };
      });
    case 'one':
    case 'list':
    case 'lists':
    case 'filtered':
    case 'deep':
      return onFilled(setting, async (filled) => {
        // As in a gateway that has run for a while: a list takes several times as long when its sessions were never read.
        await withLoad({ kind: 'read-all', ...filled.at, sessions }, (load) =>
          touchAll(load, 'read-all', sessions),
        );
        const job: Job = { kind: 'queries', ...filled.at, query: part, sessions };
        return (await run(filled, job)).figures;
      });
    case 'identical':
    case 'different':
    case 'latency':
      return onFilled(setting, async (filled) => {
        const { figures, measured } = await run(filled, { kind: part, ...filled.at, subscriptions });
        return { ...figures, lost: measured.expected - measured.done };
      });
    case 'idle':
      return measureIdle(setting);
    case 'memory':
      return measureMemory(setting);
    default:
      throw new Error(`no such part: ${part satisfies never}`);
  }
}

async function measureStart({ stores, filled }: Setting): Promise<Figures> {
  const first = await measureFirstStart(await stores.empty());
  const store = await filled.copy();
  try {
    const starts: { readonly readyMs: number; readonly readyMiB: number | null }[] = [];
    for (let n = 0; n < STARTS; n += 1) {
      const gateway = await startGateway(store);
      starts.push({ readyMs: gateway.readyMs, readyMiB: residentMiB(gateway.pid) });
      await gateway.end('SIGTERM');
    }
    const [median] = starts.sort((a, b) => a.readyMs - b.readyMs).slice(Math.floor(STARTS / 2));
    return { ...median, ...first };
  } finally {
    await store.remove();
  }
}

async function measureFirstStart(store: BenchStore): Promise<Figures> {
  try {
    const gateway = await startGateway(store);
    const firstPeakMiB = peakResidentMiB(gateway.pid);
    await gateway.end();
    return { firstReadyMs: gateway.readyMs, firstPeakMiB };
  } finally {
    await store.remove();
  }
}

function measureIdle(setting: Setting): Promise<Figures> {
  const { subscriptions } = setting.size;
  return onFilled(setting, ({ gateway, at }) =>
    withLoad({ kind: 'idle', ...at, subscriptions }, async (load) => {
      const before = residentMiB(gateway.pid);
      await load.measure();
      const after = residentMiB(gateway.pid);
      const isKnown = before !== null && after !== null;
      return { subscriptionKiB: isKnown ? ((after - before) * 1_024) / subscriptions : null };
    }),
  );
}

/** What lives before any session was asked for, after all were read, and after all were written: caches, mostly. */
function measureMemory(setting: Setting): Promise<Figures> {
  const { sessions } = setting.size;
  const measure = async ({ gateway, at }: OnStore): Promise<Figures> => {
    const held = (kind: 'read-all' | 'write-all') =>
      withLoad({ kind, ...at, sessions }, async (load) => {
        const before = await gateway.memory();
        await touchAll(load, kind, sessions);
        return { before, after: await gateway.memory() };
      });
    const { before, after: read } = await held('read-all');
    const { after: written } = await held('write-all');
    return {
      cachesMiB: written.heapMiB - before.heapMiB,
      heapMiB: before.heapMiB,
      readHeapMiB: read.heapMiB,
      writtenHeapMiB: written.heapMiB,
      beforeMiB: before.residentMiB,
      readMiB: read.residentMiB,
      writtenMiB: written.residentMiB,
    };
  };
  return onFilled(setting, measure, { showMemory: true });
}

/** Has a load read or write each stored session once. */
async function touchAll(load: RunningLoad, kind: 'read-all' | 'write-all', sessions: number): Promise<void> {
  const { done } = await load.measure();
  if (done !== sessions) throw new Error(`${kind}: ${done} of ${sessions} sessions`);
}

interface OnStore {
  readonly store: BenchStore;
  readonly gateway: BenchGateway;
  /** What every job is given. */
  readonly at: { readonly url: string; readonly seconds: number };
}

/** Starts a gateway on a copy of the filled store, and removes both. */
async function onFilled(
  setting: Setting,
  measure: (filled: OnStore) => Promise<Figures>,
  options: Parameters<typeof startGateway>[1] = {},
): Promise<Figures> {
  const store = await setting.filled.copy();
  try {
    const gateway = await startGateway(store, options);
    try {
      return await measure({ store, gateway, at: { url: gateway.url, seconds: setting.seconds } });
    } finally {
      await gateway.end();
    }
  } finally {
    await store.remove();
  }
}

/** Has a load process do a job, and counts what the processors of gateway and store did meanwhile. */
async function run({ store, gateway }: OnStore, job: Job): Promise<{ measured: Measured; figures: Figures }> {
  return withLoad(job, async (load) => {
    const before = await processorTimes(gateway, store);
    const measured = await load.measure();
    const after = await processorTimes(gateway, store);
    const each = (key: keyof typeof before) => {
      const [from, to] = [before[key], after[key]];
      return from === null || to === null ? null : (to - from) / measured.done;
    };
    const { done, seconds, p50Ms, p99Ms } = measured;
    const figures = { rate: done / seconds, gatewayUs: each('gateway'), postgresUs: each('postgres') };
    return { measured, figures: { ...figures, p50Ms, p99Ms } };
  });
}

/** Starts a load process that is ready to be measured, and ends it. */
async function withLoad<T>(job: Job, work: (load: RunningLoad) => Promise<T>): Promise<T> {
  const load = await startLoad(job);
  try {
    return await work(load);
  } finally {
    await load.end();
  }
}

/** In µs. A connection that was made meanwhile counts; one that has ended does not. */
async function processorTimes(gateway: BenchGateway, store: BenchStore) {
  const processes = await store.processes();
  return {
    gateway: processorUs([gateway.pid]),
    postgres: processes === null || store.kind === 'pglite' ? null : processorUs(processes),
  };
}
