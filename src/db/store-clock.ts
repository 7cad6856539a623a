import { sql } from 'drizzle-orm';
import type { Logger } from '../logger.ts';
import type { Store } from './store.ts';

/** Measurements before the clock is used: the first round trip on a connection is the slowest. */
const FIRST_MEASUREMENTS = 3;
/** How often the store's time is measured, in milliseconds. */
const MEASURE_MS = 10_000;
/** The same after a measurement failed. */
const RETRY_MS = 1_000;
/** From this difference between the two clocks on a warning is logged, in milliseconds. */
const MAX_SKEW_MS = 5_000;
/** Where this machine's clock moved this much against the monotonic clock, it was set, or the machine slept. */
const STEP_MS = 1_000;

/** The store's clock: one time for all instances, even where the clocks of their machines differ. */
export interface StoreClock {
  /**
   * The store's time now, in whole milliseconds since 1970. Computed without waiting: the last measurement plus the
   * monotonic time since then, so setting this machine's clock does not move it.
   */
  now(): number;
  /** How far this machine's clock is ahead of the store's, in milliseconds; negative where it is behind. */
  readonly skewMs: number;
  /** Stops measuring. */
  close(): void;
}

export interface StoreClockOptions {
  readonly store: Pick<Store, 'kind' | 'db'>;
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>;
}

/**
 * Measures the store's clock at once and then every 10 s. An answer is exact to within its round trip; the clock is
 * adjusted only where it lies outside of that range, so a slow answer never makes it less exact. While the store cannot
 * be reached, the clock runs on. PGlite's clock is this process's.
 *
 * Rejects where the store cannot be reached at the start.
 */
export async function createStoreClock({ store, log }: StoreClockOptions): Promise<StoreClock> {
  if (store.kind === 'pglite') return { now: () => Date.now(), skewMs: 0, close: () => {} };
  const statement = store.db
    .select({ at: sql`extract(epoch from clock_timestamp()) * 1000`.mapWith(Number) })
    .from(sql`(values (1)) as once`)
    .prepare('store_clock');
  /** The store's time minus `performance.now()`; NaN before it was measured. */
  let offset = Number.NaN;
  /** This machine's time minus `performance.now()`, at the last check. */
  let localOffset = readLocalOffset();
  let side: Side = 'none';
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  async function measure(): Promise<void> {
    const began = performance.now();
    const [answer] = await statement.execute();
    if (answer === undefined) return;
    const [earliest, latest] = [answer.at - performance.now(), answer.at - began];
    offset = Number.isNaN(offset) ? (earliest + latest) / 2 : Math.min(Math.max(offset, earliest), latest);
    localOffset = readLocalOffset();
    logSkew(localOffset - offset);
  }

  /** Logs once when the clocks begin to differ, and once when they agree again. */
  function logSkew(skewMs: number): void {
    const now = sideOf(skewMs);
    if (now === side) return;
    side = now;
    const fields = { skewMs: Math.round(skewMs) };
    if (now === 'none') log.info(fields, "this machine's clock agrees with the store's again");
    else log.warn(fields, `${sentenceOf(skewMs)} ${ADVICE}`);
  }

  function measureIn(ms: number): void {
    if (timer !== null) clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => {
      timer = null;
      measure().then(
        () => measureIn(MEASURE_MS),
        (err: unknown) => {
          log.debug({ err }, "the store's clock cannot be read: it goes on from what was measured last");
          measureIn(RETRY_MS);
        },
      );
    }, ms).unref();
  }

  for (let n = 0; n < FIRST_MEASUREMENTS; n += 1) await measure();
  measureIn(MEASURE_MS);
  return {
    now() {
      const seen = readLocalOffset();
      if (Math.abs(seen - localOffset) > STEP_MS) {
        // Measured once for each step. While a machine sleeps, the monotonic clock stands still as well.
        localOffset = seen;
        measureIn(0);
      }
      return Math.round(performance.now() + offset);
    },
    get skewMs() {
      return readLocalOffset() - offset;
    },
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}

type Side = 'ahead of' | 'behind' | 'none';

function sideOf(skewMs: number): Side {
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return 'none';
  return skewMs > 0 ? 'ahead of' : 'behind';
}

const sentenceOf = (skewMs: number): string =>
  `this machine's clock is ${Math.round(Math.abs(skewMs) / 1_000)} s ${sideOf(skewMs)} the store's.`;

const ADVICE =
  "The store's counts for when callbacks came, restarts, retention, signatures and tokens: have both set by NTP.";

const readLocalOffset = (): number => Date.now() - performance.now();
