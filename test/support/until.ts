import { setTimeout as pause } from 'node:timers/promises';
import { send } from './clients/client.ts';

/** Soon enough for what is measured here, and seldom enough to leave the processor to what is waited for. */
const LOOKS_EVERY_MS = 20;

/** Looks until this holds; resolves with the milliseconds that it took. Throws where it takes longer than `withinMs`. */
export async function until(holds: () => Promise<boolean> | boolean, withinMs: number): Promise<number> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > withinMs)
      throw new Error(`it did not come within ${withinMs} ms: ${holds}`);
    await pause(LOOKS_EVERY_MS);
  }
  return performance.now() - began;
}

/** The same for what `/readyz` answers; a gateway that does not listen yet answers nothing. */
export const untilReadyz = (url: string, status: number, withinMs: number): Promise<number> =>
  until(async () => (await send(`${url}/readyz`).catch(() => null))?.status === status, withinMs);
