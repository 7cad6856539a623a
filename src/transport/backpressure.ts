/** Where the bytes of a connection are written: a TCP socket, or an HTTP response. */
interface Output {
  /** Bytes that the operating system has not taken yet. */
  readonly writableLength: number;
  once(event: 'drain', listener: () => void): unknown;
}

/** Called when an output that was full has been emptied. */
interface DrainListener {
  drained(): void;
}

/**
 * Beyond so many unsent bytes the subscriptions of a connection wait, each with its own bounded queue. A reader that
 * keeps up never gets there.
 */
export const HIGH_WATER_BYTES = 64 * 1024;
/** A reader that leaves so many bytes unread is ended: answers to queries do not wait, and would grow without bound. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Says when to stop writing to a slow reader, when to go on, and when to end it. */
export class Backpressure {
  readonly #output: Output;
  readonly #listener: DrainListener;
  #isDrainAwaited = false;

  constructor(output: Output, listener: DrainListener) {
    this.#output = output;
    this.#listener = listener;
  }

  /** Whether there is room below the high-water mark. Where not, the listener is called once when there is again. */
  hasRoom(): boolean {
    if (this.#output.writableLength < HIGH_WATER_BYTES) return true;
    if (!this.#isDrainAwaited) {
      this.#isDrainAwaited = true;
      this.#output.once('drain', () => {
        this.#isDrainAwaited = false;
        this.#listener.drained();
      });
    }
    return false;
  }

  /** Whether the reader has left so much unread that it is to be ended. */
  isExceeded(): boolean {
    return this.#output.writableLength > MAX_UNREAD_BYTES;
  }
}
