/** Does its work at once when called, and once more at the end of the pause where it was called meanwhile. */
export interface Throttle {
  call(): void;
  /** Forgets a call that waits for the end of the pause. */
  cancel(): void;
}

/** @param pauseMs at least this long from one run of `work` to the next, in milliseconds */
export function createThrottle(pauseMs: number, work: () => void): Throttle {
  let timer: NodeJS.Timeout | null = null;
  let isWanted = false;

  function run(): void {
    isWanted = false;
    timer = setTimeout(() => {
      timer = null;
      if (isWanted) run();
    }, pauseMs).unref();
    work();
  }

  return {
    call() {
      if (timer === null) run();
      else isWanted = true;
    },
    cancel() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
