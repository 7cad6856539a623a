import type { GraphQLFormattedError } from 'graphql';
import type { Emit, LiveSubject, ReaderEnd } from '../../observe.ts';
import { type ConflatingQueue, createConflatingQueue } from '../conflating-queue.ts';
import type { Holding, Message, Opening } from '../sources/source.ts';
import type { LaggingMember } from './lagging.ts';
import { newReading, type Reading } from './reading.ts';
import { type Rendered, SharedMessage } from './shared-message.ts';
import type { SharedStalled } from './shared-stalled.ts';
import type { Sink } from './sink.ts';

/** What a member needs of its group. */
export interface GroupPort {
  /** How many messages may wait for one member. What finds no place is read from the store again. */
  readonly queueLimit: number;
  readonly emit: Emit;
  /** What its subscriptions are about. */
  readonly subject: LiveSubject;
  /** A message that was read from the store. */
  share(message: Message): SharedMessage;
  render(message: SharedMessage): Rendered | Promise<Rendered>;
  /** Reads on from what the subscriber holds. */
  resume(held: Holding): Promise<Opening<Message>>;
  /** Reads as for a subscriber that holds nothing. */
  reopen(): Promise<Opening<Message>>;
  /** The store was read: later entries can be made into messages from now on. */
  learn(opening: Opening<Message>): void;
  /** What the subscriber is sent where something was thrown. */
  errorsOf(error: unknown): readonly GraphQLFormattedError[];
  /** Something waits for the member's sink. */
  trackLagging(member: Member): void;
  /** The member has ended. */
  remove(member: Member): void;
}

/**
 * One subscription, from its opening to its end.
 *
 * ```
 *   opening ──▶ live ◀──▶ lagging ──▶ resumed ──▶ live …      ended: left, failed, or too slow
 *      ▲          │          │           │
 *      └──────────┴──────────┴───────────┘  restart: the store has another history
 * ```
 *
 * - Opening: it is sent what the store holds. What is published meanwhile waits in the queue.
 * - Live: it has everything, and each message is sent as it is published.
 * - Lagging: its sink is full. Messages wait in a conflating queue of bounded size until the sink has drained.
 * - Resumed: the queue was full too. It was dropped, and the store is read from the last position sent on, when the
 *   sink takes something again. This is an opening behind a position.
 * - Ended: nothing of the sink is called any more.
 *
 * Opening and resumed are `#reading`, lagging is `#queue`, live is neither. There are thousands of members: one that is
 * live holds nothing else.
 */
export class Member implements LaggingMember {
  readonly #group: GroupPort;
  readonly #sink: Sink;
  /** The subscriber has everything up to here: nothing at or below is ever sent to it. */
  #position = 0;
  /** The last cursor that it was sent, or that it came with: STALLED repeats it. */
  #cursor = '';
  /** What was read from the store holds each session that stalled before this. */
  #clock = 0;
  /** When the session of the last STALLED that it was sent stalled. */
  #stalledAt = -1;
  /** The last entry that found no place in the queue: the store is read at least up to here. */
  #skippedTo = 0;
  #reading: Reading | null = { ...newReading({ startsOver: false }), isRequested: true };
  #queue: ConflatingQueue<SharedMessage | SharedStalled> | null = null;
  /** Whether the next message is being executed; what follows it waits. */
  #isExecuting = false;
  /** Raised at each restart: what was read or executed for an earlier one is dropped. */
  #generation = 0;
  #hasEnded = false;
  movedAt = 0;

  constructor(group: GroupPort, sink: Sink) {
    this.#group = group;
    this.#sink = sink;
  }

  /** Whether it has everything, and nothing waits. */
  get #isLive(): boolean {
    return this.#reading === null && this.#queue === null && !this.#isExecuting;
  }

  get isLagging(): boolean {
    if (this.#hasEnded || this.#isExecuting) return false;
    if (this.#reading === null) return this.#queue !== null;
    return this.#reading.opening !== null || !this.#reading.isRequested;
  }

  /** Sends what `read` gives; ends the subscription by errors where it rejects. */
  async open(read: () => Promise<Opening<Message>>): Promise<void> {
    const generation = this.#generation;
    try {
      const opening = await read();
      if (generation === this.#generation) this.#take(opening);
    } catch (error) {
      if (generation === this.#generation) this.#fail(error);
    }
  }

  /** A message was published. It is sent at once where the member is live and its sink takes it. */
  deliver(message: SharedMessage): void {
    if (this.#hasEnded || message.position <= this.#position) return;
    const isLive = this.#isLive;
    if (isLive && this.#sink.writable()) {
      this.#send(message);
      return;
    }
    this.#queue ??= createConflatingQueue(this.#group.queueLimit);
    const waiting = this.#queue.size;
    if (!this.#queue.put(message.conflationKey, message)) this.skip(message.position);
    else if (this.#queue.size === waiting)
      this.#group.emit.changeConflated?.({ subject: this.#group.subject });
    if (isLive) this.#group.trackLagging(this);
  }

  /**
   * A session has stalled. While the store is read nothing of it is kept: what is read may be newer, or lack it, so the
   * store is read once more.
   */
  deliverStalled(stalled: SharedStalled): void {
    if (this.#hasEnded || stalled.dueAt < this.#clock) return;
    if (this.#reading !== null) {
      this.#reading.stalledTo = stalled.dueAt;
      return;
    }
    const isLive = this.#isLive;
    if (isLive && this.#sink.writable()) {
      this.#send(stalled.messageFor(this.#cursor));
      return;
    }
    this.#queue ??= createConflatingQueue(this.#group.queueLimit);
    if (!this.#queue.put(stalled.conflationKey, stalled)) this.#readAgain(stalled.dueAt);
    if (isLive) this.#group.trackLagging(this);
  }

  /** An entry was published that is not delivered: it will be read from the store. */
  skip(position: number): void {
    this.#skippedTo = position;
    this.#readAgain();
  }

  /**
   * Drops what waits: the store is read from what the subscriber holds on.
   * @param lacks when the session stalled of a STALLED that found no place
   */
  #readAgain(lacks = Number.POSITIVE_INFINITY): void {
    let clock = Math.min(lacks, Math.max(this.#clock, this.#stalledAt + 1));
    for (let dropped = this.#queue?.take(); dropped !== undefined; dropped = this.#queue?.take()) {
      if (!(dropped instanceof SharedMessage)) clock = Math.min(clock, dropped.dueAt);
    }
    this.#clock = clock;
    this.#queue = null;
    if (this.#reading === null) {
      this.#reading = newReading({ startsOver: false });
      this.#sendWaiting();
    }
  }

  /** The store has another history: nothing of the old one is sent any more, and a SNAPSHOT says so. */
  restart(): void {
    if (this.#hasEnded) return;
    this.#generation += 1;
    this.#position = 0;
    this.#cursor = '';
    this.#clock = 0;
    this.#stalledAt = -1;
    this.#skippedTo = 0;
    this.#queue = null;
    this.#isExecuting = false;
    this.#reading = newReading({ startsOver: true });
    this.#sendWaiting();
  }

  leave(reason: ReaderEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#queue = null;
    this.#reading = null;
    this.#group.remove(this);
    const { emit, subject } = this.#group;
    emit.readerEnded?.({ transport: this.#sink.transport, subject, reason });
  }

  drained(): void {
    if (this.isLagging && this.#sink.writable()) this.#sendWaiting();
  }

  endAsSlow(): void {
    if (this.#hasEnded) return;
    this.leave('slow');
    this.#sink.slow();
  }

  #fail(error: unknown): void {
    if (!this.#hasEnded) this.#endBy(this.#group.errorsOf(error));
  }

  #endBy(errors: readonly GraphQLFormattedError[]): void {
    this.leave('failed');
    this.#sink.fail(errors);
  }

  #take(opening: Opening<Message>): void {
    if (this.#hasEnded || this.#reading === null) return;
    this.#group.learn(opening);
    this.#cursor ||= opening.cursor;
    this.#reading.opening = opening;
    this.#reading.sent = 0;
    this.#sendWaiting();
  }

  /** Sends what waits, in order: what was read from the store, then the queue. */
  #sendWaiting(): void {
    while (!this.#hasEnded && !this.#isExecuting) {
      const goesOn = this.#reading === null ? this.#sendQueued() : this.#sendRead(this.#reading);
      if (!goesOn) return;
    }
  }

  /** Sends one message of the queue. Gives whether there may be more to do. */
  #sendQueued(): boolean {
    if (this.#queue === null || !this.#sinkTakesMore()) return false;
    const message = this.#queue.take();
    if (this.#queue.size === 0) this.#queue = null;
    if (message instanceof SharedMessage) {
      if (message.position > this.#position) this.#send(message);
    } else if (message !== undefined) this.#send(message.messageFor(this.#cursor));
    return true;
  }

  /** Sends one message that was read, or has the store read. Gives whether there may be more to do. */
  #sendRead(reading: Reading): boolean {
    const { opening, startsOver } = reading;
    if (opening === null) {
      if (reading.isRequested || !this.#sinkTakesMore()) return false;
      reading.isRequested = true;
      void this.open(() => (startsOver ? this.#group.reopen() : this.#group.resume(this.#holding)));
      return false;
    }
    const message = opening.messages[reading.sent];
    if (message === undefined) {
      this.#endReading(opening, reading.stalledTo);
      return true;
    }
    if (!this.#sinkTakesMore()) return false;
    reading.sent += 1;
    this.#send(this.#group.share(message));
    return true;
  }

  #endReading({ position, clock, more }: Opening<Message>, stalledTo: number): void {
    this.#position = Math.max(this.#position, position);
    this.#clock = Math.max(this.#clock, clock);
    const isBehind = more || this.#position < this.#skippedTo || this.#clock <= stalledTo;
    this.#reading = isBehind ? newReading({ startsOver: false }) : null;
  }

  get #holding(): Holding {
    return { position: this.#position, cursor: this.#cursor, clock: this.#clock };
  }

  #sinkTakesMore(): boolean {
    if (this.#sink.writable()) return true;
    this.#group.trackLagging(this);
    return false;
  }

  #send(message: SharedMessage): void {
    const rendered = this.#group.render(message);
    if (rendered instanceof Promise) this.#sendLater(message, rendered);
    else this.#write(message, rendered);
  }

  #sendLater(message: SharedMessage, rendered: Promise<Rendered>): void {
    this.#isExecuting = true;
    const generation = this.#generation;
    rendered.then(
      (payload) => {
        if (generation !== this.#generation) return;
        this.#isExecuting = false;
        this.#write(message, payload);
        this.#sendWaiting();
      },
      (error: unknown) => {
        if (generation === this.#generation) this.#fail(error);
      },
    );
  }

  #write(message: SharedMessage, rendered: Rendered): void {
    if (this.#hasEnded) return;
    if (typeof rendered !== 'string') {
      this.#endBy(rendered);
      return;
    }
    this.#position = Math.max(this.#position, message.position);
    if (message.dueAt > 0) this.#stalledAt = message.dueAt;
    this.#cursor = message.cursor;
    this.movedAt = performance.now();
    this.#sink.send(rendered, message.cursor);
    this.#group.emit.changeDelivered?.({
      transport: this.#sink.transport,
      subject: this.#group.subject,
      position: message.receivedAt === null ? null : message.position,
      ms: message.receivedAt === null ? null : this.movedAt - message.receivedAt,
    });
  }
}
