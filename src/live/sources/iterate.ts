import type { JournalEntry } from '../../domain/journal/entry.ts';
import type { Stalled } from '../../domain/session/silence.ts';
import { createConflatingQueue } from '../conflating-queue.ts';
import type { Hub, Published } from '../hub.ts';
import type { Message, Opening, Source } from './source.ts';

/** Entries that may wait for one reader; later ones are read from the store again. */
const MAX_WAITING = 1_024;

/**
 * Reads one source without the fan-out: for a GraphQL server that iterates subscriptions, and for a part of the gateway
 * that follows the journal. It is subscribed from the first `next` until `return`, which takes effect at once even while
 * a `next` is pending. Call `next` again only after the one before has settled. Rejects once where the store fails.
 */
export function iterate<M extends Message>(hub: Hub, source: Source<M>): AsyncIterator<M> {
  return new SourceIterator(hub, source);
}

/** Yields what the store holds (`#messages`), then what was published since (`#entries`). */
class SourceIterator<M extends Message> implements AsyncIterator<M, undefined> {
  readonly #hub: Hub;
  readonly #source: Source<M>;
  readonly #entries = createConflatingQueue<Published>(MAX_WAITING);
  #messages: M[] = [];
  #reading: Promise<Opening<M>> | null = null;
  /** Everything up to this position has been yielded, or is in `#messages`. */
  #position = 0;
  /** The last entry for which the queue had no room: the store is read at least up to here. */
  #skippedTo = 0;
  /** The last cursor that was yielded, or that the reader came with. */
  #cursor = '';
  /** Each session that stalled before this has been yielded, or is in `#messages`. */
  #clock = 0;
  /** The same as `#skippedTo`, of sessions that stalled. */
  #stalledTo = -1;
  /** Raised at each restart: what was read for an earlier generation is dropped. */
  #generation = 0;
  #unsubscribe: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #hasEnded = false;

  constructor(hub: Hub, source: Source<M>) {
    this.#hub = hub;
    this.#source = source;
  }

  async next(): Promise<IteratorResult<M, undefined>> {
    if (this.#unsubscribe === null && !this.#hasEnded) this.#start();
    try {
      while (!this.#hasEnded) {
        const message = this.#take();
        if (message !== null) return { done: false, value: message };
        if (this.#reading === null) await this.#untilPublished();
        else await this.#untilRead(this.#reading);
      }
    } catch (error) {
      this.#end();
      throw error;
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<M, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  #start(): void {
    const unsubscribe = this.#hub.subscribe(this.#source.topic, (published) => {
      if ('stalled' in published) this.#putStalled(published);
      else if (!this.#entries.put(null, published)) this.#skippedTo = published.position;
      this.#wake?.();
    });
    const stopResets = this.#hub.onReset(() => this.#restart());
    this.#unsubscribe = () => {
      unsubscribe();
      stopResets();
    };
    this.#read(this.#source.open());
  }

  /** What is being read may be newer than this state, or lack that it stalled: then it is read again. */
  #putStalled(stalled: Stalled): void {
    if (stalled.dueAt < this.#clock) return;
    if (this.#reading !== null || !this.#entries.put(null, stalled)) this.#stalledTo = stalled.dueAt;
  }

  /** The store has another history: nothing of the old one is yielded any more. */
  #restart(): void {
    this.#generation += 1;
    this.#drop();
    this.#position = 0;
    this.#skippedTo = 0;
    this.#cursor = '';
    this.#clock = 0;
    this.#stalledTo = -1;
    this.#source.unlearn();
    this.#read(this.#source.reopen());
    this.#wake?.();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#unsubscribe?.();
    this.#drop();
    this.#wake?.();
  }

  #drop(): void {
    this.#entries.clear();
    this.#messages = [];
  }

  #read(reading: Promise<Opening<M>>): void {
    this.#reading = reading;
    // It may fail before `next` awaits it.
    reading.catch(() => {});
  }

  /** The next message that is available without waiting; null where none is. */
  #take(): M | null {
    const read = this.#messages.shift() ?? (this.#reading === null ? this.#takePublished() : null);
    if (read !== null) this.#cursor = read.cursor;
    return read;
  }

  #takePublished(): M | null {
    for (let next = this.#entries.take(); next !== undefined; next = this.#entries.take()) {
      const message = 'stalled' in next ? this.#messageOfStalled(next) : this.#messageOf(next);
      if (message !== null) return message;
    }
    if (this.#skippedTo > this.#position || this.#stalledTo >= this.#clock) this.#readOn();
    return null;
  }

  #messageOf(entry: JournalEntry): M | null {
    if (entry.position <= this.#position) return null;
    this.#position = entry.position;
    return this.#source.toMessage(entry);
  }

  #messageOfStalled(stalled: Stalled): M | null {
    this.#clock = Math.max(this.#clock, stalled.dueAt);
    return this.#source.toStalled(stalled)?.withCursor(this.#cursor) ?? null;
  }

  #readOn(cursor = this.#cursor): void {
    this.#read(this.#source.resume({ position: this.#position, cursor, clock: this.#clock }));
  }

  async #untilRead(reading: Promise<Opening<M>>): Promise<void> {
    const generation = this.#generation;
    try {
      const opening = await reading;
      if (generation === this.#generation && !this.#hasEnded) this.#opened(opening);
    } catch (error) {
      if (generation === this.#generation) throw error;
    }
  }

  #opened(opening: Opening<M>): void {
    this.#source.learn(opening);
    this.#messages = [...opening.messages];
    this.#position = opening.position;
    this.#clock = Math.max(this.#clock, opening.clock);
    this.#cursor ||= opening.cursor;
    this.#reading = null;
    if (opening.more) this.#readOn(opening.messages.at(-1)?.cursor);
  }

  #untilPublished(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
