import type { Instant } from '../../domain/session/session.ts';
import type { Message, StalledMessage } from '../sources/source.ts';
import { SharedMessage } from './shared-message.ts';

/**
 * That a session has stalled, on its way to every member of a group. It repeats the last cursor of each, so there is a
 * message, an execution and a payload for each cursor that they hold: one, where all were sent the same change last.
 */
export class SharedStalled {
  readonly dueAt: Instant;
  /** No id holds a NUL: so a change does not take its place, nor it a change's, whose cursor would be lost. */
  readonly conflationKey: string;
  readonly #withCursor: (cursor: string) => Message;
  readonly #byCursor = new Map<string, SharedMessage>();

  constructor(dueAt: Instant, { key, withCursor }: StalledMessage<Message>) {
    this.dueAt = dueAt;
    this.conflationKey = `\0${key}`;
    this.#withCursor = withCursor;
  }

  messageFor(cursor: string): SharedMessage {
    const known = this.#byCursor.get(cursor);
    if (known !== undefined) return known;
    const { dueAt, conflationKey } = this;
    const made = { position: 0, conflationKey, receivedAt: null, dueAt };
    const message = new SharedMessage(this.#withCursor(cursor), made);
    this.#byCursor.set(cursor, message);
    return message;
  }
}
