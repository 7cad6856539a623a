import { closeLater } from './closing.ts';

const EVERY_MS = 5;

/** What stopped the event loop of this process. */
export interface LoopStops {
  /** The longest stop since the last call, in milliseconds. */
  longest(): number;
}

/**
 * Watches the event loop, until the suite's end. Of a stop counts what this process worked in it: while others have the
 * processors, every timer is late. Garbage that is collected meanwhile on another thread counts too.
 */
export function watchLoop(): LoopStops {
  let longest = 0;
  let at = performance.now();
  let worked = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(worked);
    longest = Math.max(longest, Math.min(performance.now() - at - EVERY_MS, (user + system) / 1_000));
    at = performance.now();
    worked = process.cpuUsage();
  }, EVERY_MS);
  closeLater(async () => clearInterval(timer));
  return {
    longest() {
      const found = longest;
      longest = 0;
      return found;
    },
  };
}
