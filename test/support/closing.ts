import { setTimeout as pause } from 'node:timers/promises';

const open: (() => Promise<void>)[] = [];

/** Closes something that a test opened after the suite, the last opened first, also where the test failed. */
export function closeLater(close: () => Promise<void>): void {
  open.push(close);
}

/** How many things wait to be closed: a mark for `closeSince`. */
export const openCount = (): number => open.length;

/** Closes what was given to `closeLater` since the mark, the last first. */
export async function closeSince(mark: number): Promise<void> {
  while (open.length > mark) await open.pop()?.();
}

/** Closes everything that `closeLater` was given; `eachStore` calls it before it drops its database. */
export const closeAll = (): Promise<void> => closeSince(0);

/** How long the other end of a closed connection may take to notice. */
const SETTLES_WITHIN_MS = 3_000;

/** Throws where sockets or listeners are open that a test file left behind. */
export async function expectNothingOpen(): Promise<void> {
  const until = Date.now() + SETTLES_WITHIN_MS;
  while (openSockets().length > 0 && Date.now() < until) await pause(10);
  const left = openSockets();
  if (left.length > 0) throw new Error(`left open by this file: ${left.join(', ')}`);
}

/** TCP sockets and listeners of this process; vitest itself talks through pipes. */
function openSockets(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP'));
}
