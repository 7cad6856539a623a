import type { GraphQLFormattedError } from 'graphql';
import type { Instant } from '../../domain/session/session.ts';
import type { Message } from '../sources/source.ts';

/** What an execution gave: the payload's JSON text, or the errors that end the operation. */
export type Rendered = string | readonly GraphQLFormattedError[];

/** What a subscription selects of each message. */
export interface Selection {
  /** Answers it for one message. Never throws; see LiveOperation of transport/engine. */
  run(message: Message): Rendered | Promise<Rendered>;
}

/** How a message that was read from the store was made. */
const READ = { position: 0, conflationKey: null, receivedAt: null, dueAt: 0 } as const;

/** One message on its way to every member of a group: executed and serialised once, when the first member takes it. */
export class SharedMessage {
  /** Of the journal entry that it was made of; 0 for a message that was read from the store for one member. */
  readonly position: number;
  /** Of several with one key that wait for a member only the newest is sent; null: each is sent. */
  readonly conflationKey: string | null;
  /**
   * When its callback was received, in milliseconds by performance.now(), so that a delivery reads no second clock; null
   * for a message that was read from the store.
   */
  readonly receivedAt: number | null;
  /** When the session of a STALLED stalled; else 0. */
  readonly dueAt: Instant;
  readonly #message: Message;
  #rendered: Rendered | Promise<Rendered> | null = null;

  constructor(
    message: Message,
    made: {
      readonly position: number;
      readonly conflationKey: string | null;
      readonly receivedAt: number | null;
      readonly dueAt?: Instant;
    } = READ,
  ) {
    this.position = made.position;
    this.conflationKey = made.conflationKey;
    this.receivedAt = made.receivedAt;
    this.dueAt = made.dueAt ?? 0;
    this.#message = message;
  }

  get cursor(): string {
    return this.#message.cursor;
  }

  /** At once where no resolver has to wait, or where it was executed before. */
  render(selection: Selection): Rendered | Promise<Rendered> {
    if (this.#rendered !== null) return this.#rendered;
    const rendered = selection.run(this.#message);
    this.#rendered = rendered;
    if (!(rendered instanceof Promise)) return rendered;
    return rendered.then((late) => {
      this.#rendered = late;
      return late;
    });
  }
}
