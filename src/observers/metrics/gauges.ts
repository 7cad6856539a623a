import type { LiveTransport } from '../../observe.ts';

/** What is counted in the store. */
export interface StoreCounts {
  /** Callbacks in quarantine that were not replayed. */
  readonly quarantined: number;
  /** Sessions under way that have stalled. */
  readonly stalled: number;
}

/** What is read when the metrics are: none of it waits for the store. */
export interface GaugeReads {
  /** Callbacks that have no answer yet. */
  readonly waiting: () => number;
  /** Positions that were committed and not published here. */
  readonly behind: () => number;
  readonly connections: (transport: LiveTransport) => number;
  /** Whether `/readyz` says so; resolves within about a second. */
  readonly ready: () => Promise<boolean>;
  readonly counts: () => Promise<StoreCounts>;
}

/** The store is counted at most this often, however many read the metrics. */
const COUNT_EVERY_MS = 5_000;
/** How long a scrape waits for the counts; then it has the last known ones. */
const WAIT_MS = 250;

/** Counts the store at most every few seconds; gives the last known counts where the store does not answer soon. */
export function createLastCounts(count: () => Promise<StoreCounts>): () => Promise<StoreCounts> {
  let known: StoreCounts = { quarantined: 0, stalled: 0 };
  let counting: Promise<void> | null = null;
  let countedAt = Number.NEGATIVE_INFINITY;

  async function recount(): Promise<void> {
    try {
      known = await count();
      countedAt = performance.now();
    } catch {
      // The store is away: what is known stays, and the next scrape tries again.
    } finally {
      counting = null;
    }
  }

  return async () => {
    if (performance.now() - countedAt < COUNT_EVERY_MS) return known;
    counting ??= recount();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WAIT_MS);
    });
    await Promise.race([counting, late]);
    clearTimeout(timer);
    return known;
  };
}
