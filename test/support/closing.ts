import { afterAll } from 'vitest';

const open: (() => Promise<void>)[] = [];

/** Has something that a test opened closed after the suite, the last opened first, also where the test failed. */
export function closeLater(close: () => Promise<void>): void {
  open.push(close);
}

/** Closes everything that `closeLater` was told of; `eachStore` calls it before it drops its database. */
export async function closeAll(): Promise<void> {
  for (let close = open.pop(); close !== undefined; close = open.pop()) await close();
}

afterAll(closeAll);
