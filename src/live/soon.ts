/** Does something at once when called, and again at the end of the pause where it was called meanwhile. */
export interface Soon {
  call(): void;
  cancel(): void;
}

/** @param pauseMs at least this long from one time to the next */
export function createSoon(pauseMs: number, work: () => void): Soon {
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
      isWanted = false;
    },
  };
}
