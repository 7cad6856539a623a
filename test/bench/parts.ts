/** What is measured, in this order. */
export const PARTS = [
  'start',
  'callbacks',
  'one',
  'list',
  'lists',
  'filtered',
  'deep',
  'identical',
  'different',
  'latency',
  'idle',
  'memory',
] as const;
export type Part = (typeof PARTS)[number];

export const STORE_KINDS = ['postgres', 'pglite'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];
export const STORE_NAMES: Readonly<Record<StoreKind, string>> = { postgres: 'PostgreSQL', pglite: 'PGlite' };

/** One number that a part measures. */
export interface FigureKind {
  /** Its name in a run's file; ends with its unit. */
  readonly key: string;
  /** Its name in tables. */
  readonly label: string;
  readonly digits: 0 | 1 | 2;
  readonly better: 'more' | 'less';
}

interface PartKind {
  /** Whether it is measured on each store, or only on the first of those that are asked for. */
  readonly on: 'each' | 'first';
  /** The first is the one that is plotted. */
  readonly figures: readonly FigureKind[];
}

/**
 * Keys of processor time for one operation, shown beside its rate: of the gateway, and of PostgreSQL. PGlite's is the
 * gateway's own.
 */
export const PROCESSOR_KEYS = ['gatewayUs', 'postgresUs'] as const;

/** Of a part that counts operations. */
const rate = (of: string, operations: string): readonly FigureKind[] => [
  { key: 'rate', label: `${of}, ${operations} a second`, digits: 0, better: 'more' },
  { key: 'gatewayUs', label: `${of}, µs of the gateway`, digits: 0, better: 'less' },
  { key: 'postgresUs', label: `${of}, µs of PostgreSQL`, digits: 0, better: 'less' },
];
const slowest = (of: string, digits: 1 | 2 = 1): FigureKind => ({
  key: 'p99Ms',
  label: `${of}, slowest hundredth, ms`,
  digits,
  better: 'less',
});
const lost = (of: string): FigureKind => ({ key: 'lost', label: `${of}, lost`, digits: 0, better: 'less' });
const mebibytes = (key: string, label: string, digits: 0 | 1 = 0): FigureKind => ({
  key,
  label: `${label}, MiB`,
  digits,
  better: 'less',
});

const query = (of: string): PartKind => ({ on: 'first', figures: [...rate(of, 'queries'), slowest(of)] });
const deliveries = (of: string): PartKind => ({
  on: 'first',
  figures: [...rate(of, 'deliveries'), lost(of)],
});

export const PART_KINDS: Readonly<Record<Part, PartKind>> = {
  start: {
    on: 'each',
    figures: [
      { key: 'readyMs', label: 'start on the filled store, ms', digits: 0, better: 'less' },
      { key: 'firstReadyMs', label: 'first start on an empty store, ms', digits: 0, better: 'less' },
      mebibytes('readyMiB', 'RSS when ready'),
      mebibytes('firstPeakMiB', 'highest RSS of the first start'),
    ],
  },
  callbacks: {
    on: 'each',
    figures: [
      ...rate('callbacks', 'recorded'),
      slowest('callbacks'),
      mebibytes('afterMiB', 'RSS after the callbacks'),
    ],
  },
  one: query('one session'),
  list: query('list of 50, always the same'),
  lists: query('list of 50, all different'),
  filtered: query('page of 20 of one bank'),
  deep: query('page of 20 deep in the list'),
  identical: deliveries('identical subscriptions'),
  different: deliveries('different subscriptions'),
  latency: {
    on: 'first',
    figures: [
      { key: 'p50Ms', label: 'callback to subscriber, median, ms', digits: 2, better: 'less' },
      slowest('callback to subscriber', 2),
      lost('callback to subscriber'),
    ],
  },
  idle: {
    on: 'first',
    figures: [{ key: 'subscriptionKiB', label: 'an idle subscription, KiB', digits: 1, better: 'less' }],
  },
  memory: {
    on: 'first',
    figures: [
      mebibytes('cachesMiB', 'heap that grew while all sessions were read, and written', 1),
      mebibytes('heapMiB', 'heap before', 1),
      mebibytes('readHeapMiB', 'heap after all were read', 1),
      mebibytes('writtenHeapMiB', 'heap after each had a callback too', 1),
      mebibytes('beforeMiB', 'RSS before'),
      mebibytes('readMiB', 'RSS after all were read'),
      mebibytes('writtenMiB', 'RSS after each had a callback too'),
    ],
  },
};

/** What a part measured, by the keys of its figures. Null: it cannot be measured here. */
export type Figures = Readonly<Record<string, number | null>>;
