import type { Logger } from './logger.ts';

/** What was opened and is to be closed, the last first, as each part may use those opened before it. */
export interface ClosingStack {
  /** Has `part` closed in its turn; gives it back. */
  use<Part extends { close(): unknown }>(part: Part): Part;
  /** Has `close` called in its turn. */
  add(close: () => unknown): void;
  /**
   * Closes everything. What fails to close is logged, and the rest is closed all the same. Calling it again waits for
   * the same end.
   */
  close(): Promise<void>;
}

export function createClosingStack(log: Pick<Logger, 'error'>): ClosingStack {
  const closers: (() => unknown)[] = [];
  let closing: Promise<void> | null = null;

  async function closeAll(): Promise<void> {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
      try {
        await close();
      } catch (err) {
        log.error({ err }, 'a part of the gateway could not be closed');
      }
    }
  }

  return {
    use(part) {
      closers.push(() => part.close());
      return part;
    },
    add(close) {
      closers.push(close);
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
