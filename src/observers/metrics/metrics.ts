import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  LIVE_SUBJECTS,
  LIVE_TRANSPORTS,
  type LiveSubject,
  type Observer,
  OPERATION_CODES,
} from '../../observe.ts';
import { DurationBuckets } from './duration-buckets.ts';
import { createLastCounts, type GaugeReads } from './gauges.ts';
import { processMetrics } from './process-metrics.ts';
import { createTally } from './tally.ts';

/** The metrics of one gateway. */
export interface Metrics {
  /** Sets what the gauges are read from; before, they are 0. */
  watch(reads: GaugeReads): void;
  /** All of them, as Prometheus reads them. */
  render(): Promise<string>;
}

type On = Observer['on'];

/** How a callback was taken, and `refused` for all that were not. */
const CALLBACK_FATES = ['recorded', 'repeated', 'late', 'quarantined', 'refused'] as const;
/** What callbacks can be answered. Any other status has a sample from its first answer on. */
const CALLBACK_STATUSES = [200, 401, 405, 413, 415, 429, 500, 503];
const OPERATION_TYPES = ['query', 'subscription'] as const;
const FIELDS: Readonly<Record<LiveSubject, string>> = {
  session: 'sessionStatusChanged',
  payment: 'paymentStatusChanged',
  callback: 'callbackRecorded',
};

const COMMIT_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const OPERATION_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const BATCH_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const DELIVERY_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000];

/**
 * Counts the events of a gateway, in a registry of its own, beside the metrics of its process. Every metric has a sample
 * from the start, 0 for each value that a label is known to have. Labels are words of closed sets: no id and no text of
 * a client is one.
 */
export function createMetrics({ on }: Observer, { version }: { readonly version: string }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const build = new Gauge({
    name: 'callboard_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version', 'node'],
    registers,
  });
  build.set({ version, node: process.version }, 1);
  const ofProcess = processMetrics();

  countCallbacks(on, registers);
  countStore(on, registers);
  countOperations(on, registers);
  const deliveries = countDeliveries(on, registers);
  const watch = createGauges(registers);
  return {
    watch,
    async render() {
      return [await registry.metrics(), await ofProcess.metrics(), deliveries.text()].join('\n');
    },
  };
}

function countCallbacks(on: On, registers: Registry[]): void {
  const countFate = createTally<string>({
    name: 'callboard_callbacks_total',
    help: 'Requests for /callbacks by what became of the callback.',
    label: 'outcome',
    known: CALLBACK_FATES,
    registers,
  });
  const countAnswer = createTally({
    name: 'callboard_callback_answers_total',
    help: 'Requests for /callbacks by the status of their answer.',
    label: 'status',
    known: CALLBACK_STATUSES,
    registers,
  });
  on('callbackAnswered', ({ outcome, httpStatus }) => {
    countFate(outcome ?? 'refused');
    countAnswer(httpStatus);
  });
}

function countStore(on: On, registers: Registry[]): void {
  const commits = new Histogram({
    name: 'callboard_commit_seconds',
    help: 'From the beginning of a batch to its COMMIT.',
    buckets: COMMIT_BOUNDS,
    registers,
  });
  const sizes = new Histogram({
    name: 'callboard_batch_size',
    help: 'Callbacks of one batch.',
    buckets: BATCH_BOUNDS,
    registers,
  });
  on('batchCommitted', ({ callbacks, ms }) => {
    commits.observe(ms / 1_000);
    sizes.observe(callbacks);
  });
  const errors = new Counter({
    name: 'callboard_store_errors_total',
    help: 'Reads and batches that failed because the store was away.',
    labelNames: ['during'],
    registers,
  });
  for (const during of ['read', 'write']) errors.inc({ during }, 0);
  on('storeFailed', ({ during }) => errors.inc({ during }));
  const replaced = new Counter({
    name: 'callboard_history_replaced_total',
    help: 'How often the store was found restored or recomputed.',
    registers,
  });
  on('historyReplaced', () => replaced.inc());
}

function countOperations(on: On, registers: Registry[]): void {
  const operations = new Counter({
    name: 'callboard_operations_total',
    help: 'Queries, and subscriptions at their start, by the code of their first error.',
    labelNames: ['type', 'code'],
    registers,
  });
  const seconds = new Histogram({
    name: 'callboard_operation_seconds',
    help: 'Time of a query, or of the start of a subscription, with its wait for admission.',
    labelNames: ['type'],
    buckets: OPERATION_BOUNDS,
    registers,
  });
  for (const type of OPERATION_TYPES) {
    for (const code of OPERATION_CODES) operations.inc({ type, code }, 0);
    seconds.zero({ type });
  }
  on('operationExecuted', ({ type, code, ms }) => {
    operations.inc({ type, code });
    seconds.observe({ type }, ms / 1_000);
  });
  const unexpected = new Counter({
    name: 'callboard_unexpected_errors_total',
    help: 'Answers "Unexpected error."; each has a line in the log.',
    registers,
  });
  on('failedUnexpectedly', () => unexpected.inc());
}

function countDeliveries(on: On, registers: Registry[]): DurationBuckets<'ws' | 'sse'> {
  const subscriptions = new Gauge({
    name: 'callboard_subscriptions',
    help: 'Subscriptions that were accepted and have not ended.',
    labelNames: ['field', 'transport'],
    registers,
  });
  for (const subject of LIVE_SUBJECTS)
    for (const transport of LIVE_TRANSPORTS) subscriptions.set({ field: FIELDS[subject], transport }, 0);
  on('readerJoined', ({ subject, transport }) => subscriptions.inc({ field: FIELDS[subject], transport }));
  const slow = new Counter({
    name: 'callboard_slow_readers_total',
    help: 'Subscriptions that were ended because their client read too slowly.',
    registers,
  });
  on('readerEnded', ({ subject, transport, reason }) => {
    subscriptions.dec({ field: FIELDS[subject], transport });
    if (reason === 'slow') slow.inc();
  });
  const conflated = new Counter({
    name: 'callboard_conflated_total',
    help: 'Changes that replaced one that still waited for a slow reader.',
    registers,
  });
  on('changeConflated', () => conflated.inc());
  const resumes = new Counter({
    name: 'callboard_resumes_total',
    help: 'Subscriptions that came with a cursor, by whether it was honoured.',
    labelNames: ['honoured'],
    registers,
  });
  for (const honoured of ['true', 'false']) resumes.inc({ honoured }, 0);
  on('subscriptionOpened', ({ resumed, recovered }) => {
    if (resumed) resumes.inc({ honoured: String(recovered) });
  });
  const deliveries = new DurationBuckets({
    name: 'callboard_delivery_seconds',
    help: 'From the receipt of a callback to the write of its change to a socket.',
    label: 'transport',
    values: LIVE_TRANSPORTS,
    boundsMs: DELIVERY_BOUNDS_MS,
  });
  on('changeDelivered', ({ transport, ms }) => {
    if (ms !== null) deliveries.observe(transport, ms);
  });
  return deliveries;
}

function createGauges(registers: Registry[]): Metrics['watch'] {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const waiting = gauge('callboard_queue_depth', 'Callbacks that wait for their batch to be committed.');
  const behind = gauge('callboard_positions_behind', 'Committed positions that were not published here.');
  const ready = gauge('callboard_ready', '1 where /readyz says ok, else 0.');
  const quarantined = gauge('callboard_quarantined', 'Callbacks in quarantine that were not replayed.');
  const stalled = gauge('callboard_stalled', 'Sessions under way that have stalled.');
  const connections = new Gauge({
    name: 'callboard_connections',
    help: 'Open connections of subscriptions.',
    labelNames: ['transport'],
    registers,
  });
  for (const transport of LIVE_TRANSPORTS) connections.set({ transport }, 0);
  return (reads) => {
    const counts = createLastCounts(reads.counts);
    Object.assign(waiting, { collect: () => waiting.set(reads.waiting()) });
    Object.assign(behind, { collect: () => behind.set(reads.behind()) });
    Object.assign(ready, { collect: async () => ready.set((await reads.ready()) ? 1 : 0) });
    Object.assign(quarantined, { collect: async () => quarantined.set((await counts()).quarantined) });
    Object.assign(stalled, { collect: async () => stalled.set((await counts()).stalled) });
    Object.assign(connections, {
      collect() {
        for (const transport of LIVE_TRANSPORTS) connections.set({ transport }, reads.connections(transport));
      },
    });
  };
}
