import type { GraphQLFormattedError } from 'graphql';
import { type ConflatingQueue, createConflatingQueue } from '../conflating-queue.ts';
import type { Message, Opening } from '../sources/source.ts';
import type { Delivery, Rendered } from './delivery.ts';

/** Where a transport takes what one subscription says. */
export interface Sink {
  /** Ready for more? The socket's own buffer is watched here. Asked before each `send`. */
  writable(): boolean;
  /** `payload` is the JSON text of the result, shared by all who asked the same; cursors strictly rise. */
  send(payload: string, cursor: string): void;
  /** The operation is over, by these errors. Nothing follows. */
  fail(errors: readonly GraphQLFormattedError[]): void;
  /** The reader is too slow: its whole connection is to be ended. Nothing follows. */
  slow(): void;
}

/** What a member needs of those that ask the same. */
export interface MemberHome {
  /** Subjects, or rows of the log, that may wait for one reader. What finds no place is read from the store. */
  readonly limit: number;
  /** A message to this member alone. */
  deliveryOf(message: Message): Delivery;
  render(delivery: Delivery): Rendered | Promise<Rendered>;
  /** Reads on from a position. */
  resume(position: number): Promise<Opening<Message>>;
  /** Reads as for one who holds nothing. */
  reopen(): Promise<Opening<Message>>;
  /** The store was read: entries can be judged from now on. */
  learn(opening: Opening<Message>): void;
  /** What the reader is told of something thrown. */
  errorsOf(error: unknown): readonly GraphQLFormattedError[];
  /** Something waits for the sink. */
  lags(member: Member): void;
  left(member: Member): void;
}

/** What is being read from the store for one reader, and what of it is still to be told. */
interface Reading {
  /** Whether the store was asked: not before the sink takes something, so that what is read is new when sent. */
  asked: boolean;
  opening: Opening<Message> | null;
  told: number;
  /** Whether what the reader holds is of a history that the store has no more. */
  readonly isAnew: boolean;
}

const toBeRead = (isAnew = false): Reading => ({ asked: false, opening: null, told: 0, isAnew });

/**
 * One reader. It is told what the store says until it has caught up, then what the hub says. What is told while it
 * catches up, lags or awaits an execution waits in a conflating queue; else it is sent at once. There are thousands
 * of members: one holds nothing that it does not need while idle.
 */
export class Member {
  readonly #home: MemberHome;
  readonly #sink: Sink;
  /** What the reader knows: nothing up to here is ever sent to it. */
  #position = 0;
  /** The last entry that found no place in the queue: the store is read at least up to here. */
  #missed = 0;
  #reading: Reading | null = { ...toBeRead(), asked: true };
  #queue: ConflatingQueue<Delivery> | null = null;
  /** Whether something taken off is being executed. */
  #executing = false;
  /** Raised where all that was read, waits or is executed is to be dropped. */
  #history = 0;
  #closed = false;
  /** When something was sent last or began to wait, in milliseconds of performance.now(). */
  movedAt = 0;

  constructor(home: MemberHome, sink: Sink) {
    this.#home = home;
    this.#sink = sink;
  }

  /** Whether the sink is all that something waits for. */
  get lagging(): boolean {
    if (this.#closed || this.#executing) return false;
    if (this.#reading === null) return this.#queue !== null;
    return this.#reading.opening !== null || !this.#reading.asked;
  }

  /** Begins, with what the store says. */
  async open(read: () => Promise<Opening<Message>>): Promise<void> {
    const history = this.#history;
    try {
      const opening = await read();
      if (history === this.#history) this.#take(opening);
    } catch (error) {
      if (history === this.#history) this.#fail(error);
    }
  }

  /** The store has another history now: nothing of the old one is sent any more, and the reader is told so. */
  reset(): void {
    if (this.#closed) return;
    this.#history += 1;
    this.#position = 0;
    this.#missed = 0;
    this.#queue = null;
    this.#executing = false;
    this.#reading = toBeRead(true);
    this.#pump();
  }

  /** Something new. Sent at once to who is ready. */
  offer(delivery: Delivery): void {
    if (this.#closed || delivery.position <= this.#position) return;
    const isIdle = this.#reading === null && this.#queue === null && !this.#executing;
    if (isIdle && this.#sink.writable()) {
      this.#tell(delivery);
      return;
    }
    this.#queue ??= createConflatingQueue(this.#home.limit);
    if (!this.#queue.put(delivery.subject, delivery)) this.miss(delivery.position);
    if (isIdle) this.#home.lags(this);
  }

  /** An entry that is not offered: it will be read from the store. */
  miss(position: number): void {
    this.#missed = position;
    this.#queue = null;
    if (this.#reading === null) {
      this.#reading = toBeRead();
      this.#pump();
    }
  }

  /** Ends it from the reader's side: nothing of the sink is called any more. */
  leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = null;
    this.#reading = null;
    this.#home.left(this);
  }

  /** The sink is writable again. */
  drained(): void {
    if (this.lagging && this.#sink.writable()) this.#pump();
  }

  endAsSlow(): void {
    if (this.#closed) return;
    this.leave();
    this.#sink.slow();
  }

  #take(opening: Opening<Message>): void {
    if (this.#closed || this.#reading === null) return;
    this.#home.learn(opening);
    this.#reading.opening = opening;
    this.#reading.told = 0;
    this.#pump();
  }

  /** Tells what waits, in order, as long as the sink takes it. */
  #pump(): void {
    while (!this.#closed && !this.#executing) {
      if (this.#reading !== null) {
        const { asked, opening, told, isAnew } = this.#reading;
        if (asked && opening === null) return;
        const message = opening?.messages[told];
        if (opening !== null && message === undefined) {
          this.#portionTold(opening);
          continue;
        }
        if (!this.#sink.writable()) {
          this.#home.lags(this);
          return;
        }
        if (message === undefined) {
          this.#reading.asked = true;
          void this.open(() => (isAnew ? this.#home.reopen() : this.#home.resume(this.#position)));
        } else {
          this.#reading.told += 1;
          this.#tell(this.#home.deliveryOf(message));
        }
      } else {
        if (this.#queue === null) return;
        if (!this.#sink.writable()) {
          this.#home.lags(this);
          return;
        }
        const delivery = this.#queue.take();
        if (this.#queue.size === 0) this.#queue = null;
        if (delivery !== undefined && delivery.position > this.#position) this.#tell(delivery);
      }
    }
  }

  #portionTold({ position, more }: Opening<Message>): void {
    this.#position = Math.max(this.#position, position);
    this.#reading = more || this.#position < this.#missed ? toBeRead() : null;
  }

  #tell(delivery: Delivery): void {
    const rendered = this.#home.render(delivery);
    if (!(rendered instanceof Promise)) {
      this.#send(delivery, rendered);
      return;
    }
    this.#executing = true;
    const history = this.#history;
    rendered.then(
      (late) => {
        if (history !== this.#history) return;
        this.#executing = false;
        this.#send(delivery, late);
        this.#pump();
      },
      (error: unknown) => {
        if (history === this.#history) this.#fail(error);
      },
    );
  }

  #send(delivery: Delivery, rendered: Rendered): void {
    if (this.#closed) return;
    if (typeof rendered !== 'string') {
      this.leave();
      this.#sink.fail(rendered);
      return;
    }
    this.#position = Math.max(this.#position, delivery.position);
    this.movedAt = performance.now();
    this.#sink.send(rendered, delivery.cursor);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.leave();
    this.#sink.fail(this.#home.errorsOf(error));
  }
}
