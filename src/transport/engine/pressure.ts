/** For how long after the last one callbacks count as arriving, in milliseconds. */
const ARRIVING_MS = 1_000;
/** How often the event loop is looked at while callbacks arrive, in milliseconds. */
const SAMPLE_MS = 25;
/** A timer that comes this much too late says that the event loop lags, in milliseconds. */
const LAG_MS = 100;
/** A callback that is not recorded for this long waits too long, in milliseconds. */
const CALLBACK_WAITS_MS = 250;
/** For how long a lag, or a callback that waited, is remembered, in milliseconds. */
const REMEMBERED_MS = 1_000;

/** What the recorder says of itself. */
interface RecorderLoad {
  /** Deliveries that are not answered yet. */
  readonly waiting: number;
  /** For how long the oldest of them has waited, in milliseconds; 0 where there is none. */
  readonly waitedMs: number;
}

/** Whether callbacks are on their way, and whether they suffer. All false on a gateway without callbacks. */
export interface Pressure {
  /** Called for each callback that is to be recorded. */
  callbackArrived(): void;
  /** Whether a callback came in the last second, or waits for its commit. */
  readonly arriving: boolean;
  /** Whether a callback waits for its commit. */
  readonly recording: boolean;
  /** Callbacks arrive and the event loop lags, by the last look at it: what can wait is not started. */
  readonly lagging: boolean;
  /** Callbacks arrive, and within the last second one waited too long or the event loop lagged. */
  readonly strained: boolean;
  close(): void;
}

/**
 * Looks at the event loop by a timer that runs only while callbacks arrive, so that an idle gateway, and one that is
 * only queried, pays nothing.
 */
export function createPressure({ recorder }: { readonly recorder: RecorderLoad }): Pressure {
  let arrivedAt = Number.NEGATIVE_INFINITY;
  let strainedAt = Number.NEGATIVE_INFINITY;
  let sampledAt = 0;
  let lagging = false;
  let timer: NodeJS.Timeout | null = null;

  const isArriving = (now: number): boolean => recorder.waiting > 0 || now - arrivedAt < ARRIVING_MS;

  function stop(): void {
    if (timer !== null) clearInterval(timer);
    timer = null;
    lagging = false;
  }

  function sample(): void {
    const now = performance.now();
    lagging = now - sampledAt - SAMPLE_MS > LAG_MS;
    sampledAt = now;
    if (lagging || recorder.waitedMs > CALLBACK_WAITS_MS) strainedAt = now;
    if (!isArriving(now)) stop();
  }

  return {
    callbackArrived() {
      arrivedAt = performance.now();
      if (timer !== null) return;
      sampledAt = arrivedAt;
      timer = setInterval(sample, SAMPLE_MS).unref();
    },
    get arriving() {
      return timer !== null && isArriving(performance.now());
    },
    get recording() {
      return recorder.waiting > 0;
    },
    get lagging() {
      return lagging;
    },
    get strained() {
      return timer !== null && performance.now() - strainedAt < REMEMBERED_MS;
    },
    close: stop,
  };
}
